using System.Formats.Tar;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.WorkerHost.Tests.Branch;

public sealed class BuildTests(SmallRoot root) : ReadyBot(root)
{
    private static readonly string[] Install =
    [
        "  mkdir -p $PKG_INSTALL_DIR/usr/lib $PKG_INSTALL_DIR/var/empty  ", "echo content > $PKG_INSTALL_DIR/usr/lib/libz.so.1", "ln -s libz.so.1 $PKG_INSTALL_DIR/usr/lib/libz.so",
        "ln -s lib $PKG_INSTALL_DIR/usr/lib64", "echo top > $PKG_INSTALL_DIR/readme", "chmod 4755 $PKG_INSTALL_DIR/usr/lib/libz.so.1", "echo made it",
    ];

    [Fact]
    public async Task V2_1_says_everything_in_its_order_and_sends_the_package()
    {
        var master = await ReadyAsync("V2.1");

        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", Install)));

        Assert.Equal(
            [
                "REPORTSTATUSUPDATE JOB_ACCEPTED", "APPENDLOG", "GETDEPLOYMENTCONFIG", "APPENDLOG", "REPORTSTATUSUPDATE BUILD_ENV_READY", "REPORTSTATUSUPDATE FETCHING_SOURCES",
                "REPORTSTATUSUPDATE INSTALLING_DEPENDENCIES", "REPORTSTATUSUPDATE BUILDING", "APPENDLOG", "REPORTSTATUSUPDATE CONFLICT_CHECK", "SUBMITCONTENT",
                "REPORTSTATUSUPDATE STRIPPING_BINARIES", "REPORTSTATUSUPDATE BUILD_COMPLETE", "FILETRANSFERMODE", "APPENDLOG", "REPORTSTATUSUPDATE CLEANING_BUILD_ENV", "SIGREADY",
            ], master.Said);
        Assert.Equal(
            ["[Builder] building zlib 1.2.13 (2) in the release root", "[Builder] the root is ready", "made it", $"[Builder] sent {master.Package.Length} bytes"], master.Log);
        Assert.Equal(
            [
                """60 {"command": "REPORTSTATUSUPDATE", "payload": "JOB_ACCEPTED"}""", """95 {"command": "APPENDLOG", "payload": ["[Builder] building zlib 1.2.13 (2) in the release root"]}""",
                """49 {"command": "GETDEPLOYMENTCONFIG", "payload": ""}""",
            ], master.Frames[..3]);
        Assert.Contains("""93 {"command": "SUBMITCONTENT", "payload": ["readme", "/usr/lib/libz.so", "/usr/lib/libz.so.1"]}""", master.Frames);
        Assert.Equal("""38 {"command": "SIGREADY", "payload": ""}""", master.Frames[^1]);
        var members = await master.MembersAsync();
        Assert.Equal(
            ["zlib-1.2.13/leaf.pkg", "zlib-1.2.13/data/readme", "zlib-1.2.13/data/usr/lib/libz.so", "zlib-1.2.13/data/usr/lib/libz.so.1", "zlib-1.2.13/data/usr/lib64", "zlib-1.2.13/data/var/empty/"],
            members.Keys);
        Assert.Equal("name=zlib\nversion=1.2.13\nreal_version=2\ndescription=lib\ndependencies=[base]\n", TextOf(members["zlib-1.2.13/leaf.pkg"]));
        Assert.Equal("content\n", TextOf(members["zlib-1.2.13/data/usr/lib/libz.so.1"]));
        Assert.Equal((0x9ED, 0, 0), ((int)members["zlib-1.2.13/data/usr/lib/libz.so.1"].Mode, members["zlib-1.2.13/data/readme"].Uid, members["zlib-1.2.13/data/readme"].Gid));
        Assert.Equal((TarEntryType.SymbolicLink, "libz.so.1"), (members["zlib-1.2.13/data/usr/lib/libz.so"].EntryType, members["zlib-1.2.13/data/usr/lib/libz.so"].LinkName));
        // The eighth byte of an xz stream names its check: 4 is CRC64.
        Assert.Equal(4, master.Package[7]);
        Assert.False(Directory.Exists(Path.Combine(Root, "branch", "build")));
    }

    [Fact]
    public async Task V2_1_names_the_files_of_the_package_as_the_originals_do()
    {
        var master = await ReadyAsync("V2.1");
        master.Answers["SUBMITCONTENT"] = """{"statuscode": 400, "payload": [{"m4": "/usr/lib/libz.so"}]}""";

        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", Install)));

        Assert.Equal("""["readme","/usr/lib/libz.so","/usr/lib/libz.so.1"]""", master.Content!.ToJsonString());
        Assert.Equal(["REPORTSTATUSUPDATE CONFLICT_CHECK", "SUBMITCONTENT", "APPENDLOG", "REPORTSTATUSUPDATE BUILD_FAILED", "SIGREADY"], master.Said[^5..]);
        Assert.Equal(["[CONFLICT] m4: /usr/lib/libz.so", "[Builder] 1 files are in other packages already"], master.Log[^2..]);
    }

    [Fact]
    public async Task V2_0_says_everything_in_its_order_and_sends_the_package()
    {
        var master = await ReadyAsync("V2.0");

        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", Install)));

        Assert.Equal(
            [
                "REPORTSTATUSUPDATE JOB_ACCEPTED", "GETDEPLOYMENTCONFIG", "REPORTSTATUSUPDATE BUILD_ENV_READY", "REPORTSTATUSUPDATE FETCHING_SOURCES", "REPORTSTATUSUPDATE INSTALLING_DEPS",
                "REPORTSTATUSUPDATE BUILDING", "REPORTSTATUSUPDATE STRIP_BINS", "SUBMITLOG", "REPORTSTATUSUPDATE BUILD_COMPLETE", "FILETRANSFERMODE", "REPORTSTATUSUPDATE CLEANING_BUILD_ENV", "SIGREADY",
            ], master.Said);
        Assert.Equal(["made it"], master.Log);
        Assert.Equal("""60 {"command": "REPORTSTATUSUPDATE", "payload": "JOB_ACCEPTED"}""", master.Frames[0]);
        Assert.Contains("""48 {"command": "SUBMITLOG", "payload": ["made it"]}""", master.Frames);
        Assert.Contains("zlib-1.2.13/data/usr/lib/libz.so.1", (await master.MembersAsync()).Keys);
    }

    [Fact]
    public async Task V1b_says_everything_in_its_order_and_sends_the_package()
    {
        var master = await ReadyAsync("V1b");

        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", Install)));

        Assert.Equal(
            [
                "REPORT_STATUS_UPDATE JOB_ACCEPTED", "GET_DEPLOYMENT_CONFIG", "REPORT_STATUS_UPDATE BUILD_ENV_READY", "REPORT_STATUS_UPDATE FETCHING_SOURCE", "REPORT_STATUS_UPDATE INSTALLING_DEPS",
                "REPORT_STATUS_UPDATE BUILDING", "REPORT_STATUS_UPDATE STRIP_BINS", "SUBMIT_LOG", "REPORT_STATUS_UPDATE BUILD_COMPLETE", $"FILE_TRANSFER_MODE {master.Package.Length}",
                "REPORT_STATUS_UPDATE BUILD_ENV_CLEAN", "SIG_READY",
            ], master.Said);
        Assert.Equal(["33 REPORT_STATUS_UPDATE JOB_ACCEPTED", "21 GET_DEPLOYMENT_CONFIG", "36 REPORT_STATUS_UPDATE BUILD_ENV_READY"], master.Frames[..3]);
        Assert.Contains("22 SUBMIT_LOG [\"made it\"]", master.Frames);
        Assert.Equal(["36 REPORT_STATUS_UPDATE BUILD_ENV_CLEAN", "9 SIG_READY"], master.Frames[^2..]);
        Assert.Contains("zlib-1.2.13/data/usr/lib/libz.so.1", (await master.MembersAsync()).Keys);
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_script_that_fails_fails_the_build_and_the_bot_is_ready(string dialect)
    {
        var master = await ReadyAsync(dialect);

        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", "echo before", "false", "echo after")));

        Assert.Equal([master.IsOld ? "REPORT_STATUS_UPDATE BUILD_FAILED" : "REPORTSTATUSUPDATE BUILD_FAILED", master.IsOld ? "SIG_READY" : "SIGREADY"], master.Said[^2..]);
        Assert.Equal(["before", dialect == "V2.1" ? "[Builder] the build script ended with 1" : "the build script ended with 1"], master.Log[^2..]);
        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", Install)));
        Assert.NotEmpty(master.Package);
    }

    [Fact]
    public async Task A_script_finds_what_the_originals_give_it_and_the_recipes_texts_are_no_commands()
    {
        var master = await ReadyAsync("V2.1");
        var recipe = MasterScript.Recipe("my-lib", "echo \"$PKG_NAME|$PKG_VERSION|$PKG_REAL_VERSION|$PKG_INSTALL_DIR|$HOME|$TERM|$PATH|$PWD|$BASH|$(id -u)\"", "echo to stderr >&2", "ls /");
        recipe["description"] = "$(touch /pwned) `id`; rm -rf /";

        Assert.True(await master.BuildAsync(recipe));

        Assert.Equal(["my-lib", "1.2.13", "2", "/branchbuild/my-lib-1.2.13/data", "/root/", "dumb", "/usr/bin:/usr/sbin", "/branchbuild/build", "/usr/bin/bash", "0"], master.Log.Single(l => l.StartsWith("my-lib|", StringComparison.Ordinal)).Split('|'));
        Assert.Contains("to stderr", master.Log);
        Assert.Contains("description=$(touch /pwned) `id`; rm -rf /", TextOf((await master.MembersAsync())["my-lib-1.2.13/leaf.pkg"]), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task Sources_are_fetched_unpacked_and_put_beside_each_other(string dialect)
    {
        var master = await ReadyAsync(dialect);
        byte[] archive = await Xz.CompressAsync(new TarBytes().Folder("./").Folder("zlib-1.2.13/").File("zlib-1.2.13/configure", "echo configured", 0x1ED)
            .Header("zlib-1.2.13/again", '1', "zlib-1.2.13/configure").Link("zlib-1.2.13/link", "configure").ToArchive());
        var recipe = MasterScript.Recipe("zlib", "zlib-1.2.13/configure", "zlib-1.2.13/again", "zlib-1.2.13/link", "cat plain.txt fix.patch", "ls");
        recipe["source"] = Small.Repository.Web.Put("/files/zlib-1.2.13.tar.xz", archive);
        recipe["extra_sources"] = new JsonArray("c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30", Small.Repository.Web.Put("/files/plain.txt", "plain\n"u8.ToArray()));
        master.Sources["c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30"] = ("fix.patch", "hello\n"u8.ToArray());

        Assert.True(await master.BuildAsync(recipe));

        int at = master.Log.IndexOf("configured");
        Assert.Equal(["configured", "configured", "configured", "plain", "hello", "build.sh", "fix.patch", "plain.txt", "zlib-1.2.13", "zlib-1.2.13.tar.xz"], master.Log[at..(at + 10)]);
        Assert.NotEmpty(master.Package);
    }

    [Fact]
    public async Task Dependencies_are_in_the_root_of_their_build_and_of_no_other()
    {
        await Small.Repository.AddAsync("greeter", "3", new TarBytes().File("greeter-3/data/bin/greet", "#!/usr/bin/bash\necho greetings from $(cat /usr/share/who)\n", 0x1ED), ["who"]);
        await Small.Repository.AddAsync("who", "1", new TarBytes().File("who-1/data/usr/share/who", "who"), ["greeter"]);
        var master = await ReadyAsync("V2.1");
        var recipe = MasterScript.Recipe("user", "greet");
        recipe["build_dependencies"] = new JsonArray("greeter");

        Assert.True(await master.BuildAsync(recipe));
        Assert.Equal(["[Leaf] installed who 1 (1)", "[Leaf] installed greeter 3 (1)", "greetings from who"], master.Log.Where(l => l.Contains("[Leaf] inst", StringComparison.Ordinal) || l.StartsWith("greet", StringComparison.Ordinal)));
        Assert.True(await master.BuildAsync(MasterScript.Recipe("other", "greet")));
        Assert.Contains(master.Log, l => l.Contains("ended with 127", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_newer_package_in_the_list_makes_a_new_root_and_the_old_one_goes()
    {
        await Small.Repository.AddAsync("motd", "1", new TarBytes().File("motd-1/data/etc/motd", "old"), []);
        var master = await ReadyAsync(packages: "motd");
        string first = Assert.Single(Directory.GetDirectories(Path.Combine(Root, "branch", "roots")));
        await Small.Repository.AddAsync("motd", "2", new TarBytes().File("motd-2/data/etc/motd", "new"), [], "2");

        Assert.True(await master.BuildAsync(MasterScript.Recipe("x", "cat /etc/motd")));

        Assert.Contains("new", master.Log);
        Assert.Contains("[Leaf] installed motd 2 (2)", master.Log);
        Assert.NotEqual(first, Assert.Single(Directory.GetDirectories(Path.Combine(Root, "branch", "roots"))));
        Assert.True(await master.BuildAsync(MasterScript.Recipe("x", "cat /etc/motd")));
        Assert.DoesNotContain(master.Log, l => l.StartsWith("[Leaf]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cross_build_takes_the_cross_root_and_the_cross_dependencies()
    {
        await Small.Repository.AddAsync("crosstools", "1", new TarBytes().File("crosstools-1/data/etc/kind", "cross\n"), ["base"]);
        await Small.Repository.AddAsync("wanted", "1", new TarBytes().File("wanted-1/data/etc/wanted", "x"), []);
        StartBot(revision: BranchRevision.V1b);
        var master = await NextScriptAsync("V1b");
        master.Deployment["deploy_realroot"] = false;
        master.Deployment["deploy_crossroot"] = true;
        Assert.True(await master.UntilReadyAsync());
        var recipe = MasterScript.Recipe("x", "cat /etc/kind", "ls /etc");
        recipe["build_dependencies"] = new JsonArray("nowhere");
        recipe["cross_dependencies"] = new JsonArray("wanted");

        Assert.True(await master.BuildAsync(recipe, "CROSS"));
        Assert.Equal(["[leaf] installed wanted 1 (1)", "cross", "kind", "wanted"], master.Log.Where(l => !l.Contains("fetching", StringComparison.Ordinal)));
        Assert.True(await master.BuildAsync(recipe));
        Assert.Contains("the master deploys no release root; switch it on there, and build the packages that it needs", master.Log);
    }

    [Fact]
    public async Task Programs_are_stripped_and_said_so()
    {
        var master = await ReadyAsync("V2.1");

        Assert.True(await master.BuildAsync(MasterScript.Recipe("x", "mkdir -p $PKG_INSTALL_DIR/usr/bin", "cp /usr/bin/cat $PKG_INSTALL_DIR/usr/bin/cat", "chmod 555 $PKG_INSTALL_DIR/usr/bin/cat")));

        Assert.Contains("[strip] ./usr/bin/cat", master.Log);
        byte[] stripped = await BytesOf((await master.MembersAsync())["x-1.2.13/data/usr/bin/cat"]);
        Assert.True(stripped.AsSpan().StartsWith("\u007fELF"u8));
    }

    [Fact]
    public async Task Output_goes_out_while_the_script_runs()
    {
        // The script goes on when the master has heard of its first ten lines.
        using var gate = new TcpListener(IPAddress.Loopback, 0);
        gate.Start();
        var master = await ReadyAsync(adjust: o => o with { BuildNetwork = true });
        master.Before = async note =>
        {
            if (note != "APPENDLOG" || master.Said[^2] != "REPORTSTATUSUPDATE BUILDING") return true;
            using var script = await gate.AcceptTcpClientAsync().WaitAsync(ScriptedMaster.Patience);
            await script.GetStream().WriteAsync("rest\n"u8.ToArray());
            return true;
        };

        Assert.True(await master.BuildAsync(MasterScript.Recipe(
            "x", "for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; done", $"read -r word < /dev/tcp/127.0.0.1/{((IPEndPoint)gate.LocalEndpoint).Port}", "echo $word")));

        Assert.Equal(2, master.Said.SkipWhile(s => s != "REPORTSTATUSUPDATE BUILDING").TakeWhile(s => s != "REPORTSTATUSUPDATE CONFLICT_CHECK").Count(s => s == "APPENDLOG"));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"line {i}").Append("rest"), master.Log.SkipWhile(l => l != "line 1").TakeWhile(l => l[0] != '['));
    }

    [Fact]
    public async Task Only_the_last_lines_of_a_long_output_are_kept_where_the_log_goes_out_whole()
    {
        var master = await ReadyAsync("V2.0");

        Assert.True(await master.BuildAsync(MasterScript.Recipe("x", "for ((i = 1; i <= 6000; i++)); do echo $i; done", "echo", "echo end")));

        Assert.Equal(5000, master.Log.Count);
        Assert.Equal(("1003", "6000", "", "end"), (master.Log[0], master.Log[^3], master.Log[^2], master.Log[^1]));
    }

    private static string TextOf(TarEntry entry)
    {
        using var reader = new StreamReader(entry.DataStream!, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static async Task<byte[]> BytesOf(TarEntry entry)
    {
        using var copy = new MemoryStream();
        await entry.DataStream!.CopyToAsync(copy);
        return copy.ToArray();
    }
}
