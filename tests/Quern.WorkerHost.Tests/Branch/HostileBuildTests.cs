using System.Text;
using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.WorkerHost.Tests.Branch;

/// <summary>Packages, sources and scripts that want out of the root they are given.</summary>
public sealed class HostileBuildTests(SmallRoot root) : ReadyBot(root)
{
    private static async Task<string> FailureAsync(MasterScript master, JsonObject recipe)
    {
        Assert.True(await master.BuildAsync(recipe));
        Assert.Equal(["REPORTSTATUSUPDATE BUILD_FAILED", "SIGREADY"], master.Said[^2..]);
        return master.Log[^1];
    }

    private static JsonObject Needing(string package, params string[] script)
    {
        var recipe = MasterScript.Recipe("x", script);
        recipe["build_dependencies"] = new JsonArray(package);
        return recipe;
    }

    [Fact]
    public async Task A_package_that_is_not_what_the_list_says_is_not_installed_and_not_kept()
    {
        Small.Repository.Add("forged", "1", await Xz.CompressAsync(new TarBytes().File("forged-1/leaf.pkg", "x").ToArchive()), [], md5: new string('0', 32));
        var master = await ReadyAsync();

        string reason = await FailureAsync(master, Needing("forged", "true"));

        Assert.Contains("the package list says 00000000000000000000000000000000", reason, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Root, "branch", "packages", new string('0', 32))));
        Assert.DoesNotContain(Directory.GetFiles(Path.Combine(Root, "branch", "packages")), f => Path.GetFileName(f).StartsWith('.'));
    }

    [Fact]
    public async Task A_root_of_forged_packages_is_not_made()
    {
        Small.Repository.Add("forged-root", "1", "no package"u8.ToArray(), []);
        StartBot(revision: BranchRevision.V21);
        var master = await NextScriptAsync("V2.1", "forged-root");

        Assert.False(await master.UntilReadyAsync());

        Assert.Contains("cannot be installed: it is not a whole xz file", master.Said[^1], StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Root, "branch", "roots")));
    }

    [Theory]
    [InlineData("../../../evil", '0', "", "'..' in its name")]
    [InlineData("/etc/evil", '0', "", "absolute name")]
    [InlineData("dev/null", '3', "", "no file, folder, symbolic link")]
    [InlineData("link", '2', "../../evil", "link out of the root")]
    public async Task A_package_with_members_that_may_not_be_is_refused(string name, char type, string target, string reason)
    {
        string package = "bad" + Guid.NewGuid().ToString("N");
        await Small.Repository.AddAsync(package, "1", new TarBytes().Header($"{package}-1/data/{name}", type, target), []);
        var master = await ReadyAsync();

        Assert.Contains(reason, await FailureAsync(master, Needing(package, "true")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_that_grows_beyond_the_limit_is_refused()
    {
        await Small.Repository.AddAsync("bomb", "1", new TarBytes().File("bomb-1/data/zeros", new byte[48 << 20]), []);
        var master = await ReadyAsync(limits: Limits with { Unpack = new() { MaxBytes = 40 << 20 } });

        Assert.Contains("unpacks to more than", await FailureAsync(master, Needing("bomb", "true")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_in_a_package_leads_into_the_root_and_not_to_the_machine()
    {
        // Not below /tmp, which every build has for itself.
        string outside = Directory.CreateDirectory($"/var/tmp/quern-door-{Guid.NewGuid():N}").FullName;
        try
        {
            await Small.Repository.AddAsync("door", "1", new TarBytes().Link("door-1/data/door", outside), []);
            await Small.Repository.AddAsync("guest", "1", new TarBytes().File("guest-1/data/door/evil", "gotcha\n"), ["door"]);
            var master = await ReadyAsync();

            Assert.True(await master.BuildAsync(Needing("guest", "cat /door/evil", $"ls {outside}")));

            Assert.Equal(["gotcha", "evil"], master.Log[(master.Log.IndexOf("gotcha"))..][..2]);
            Assert.Empty(Directory.GetFileSystemEntries(outside));
        }
        finally
        {
            Directory.Delete(outside, recursive: true);
        }
    }

    [Fact]
    public async Task A_link_in_a_source_does_not_carry_the_script_or_a_source_outside()
    {
        using var outside = new ScratchFolder();
        File.WriteAllText(outside["target"], "mine");
        byte[] archive = new TarBytes().Link("build.sh", outside["target"]).Link("fix.patch", outside["target"]).ToArchive();
        var recipe = MasterScript.Recipe("x", "cat fix.patch");
        recipe["source"] = Small.Repository.Web.Put("/files/trap.tar", archive);
        recipe["extra_sources"] = new JsonArray("c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30");
        var master = await ReadyAsync();
        master.Sources["c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30"] = ("fix.patch", "patched\n"u8.ToArray());

        Assert.True(await master.BuildAsync(recipe));

        Assert.Contains("patched", master.Log);
        Assert.Equal("mine", File.ReadAllText(outside["target"]));
    }

    [Fact]
    public async Task A_source_that_leads_out_is_refused()
    {
        var recipe = MasterScript.Recipe("x", "true");
        recipe["source"] = Small.Repository.Web.Put("/files/out.tar", new TarBytes().File("../../../evil", "x").ToArchive());
        var master = await ReadyAsync();

        Assert.Equal("[Builder] the source out.tar cannot be unpacked: it holds ../../../evil, which has '..' in its name", await FailureAsync(master, recipe));
    }

    [Theory]
    [InlineData("rm -r $PKG_INSTALL_DIR; ln -s /etc $PKG_INSTALL_DIR", "the script has replaced the folder data of the package")]
    [InlineData("cd /branchbuild; rm -r x-1.2.13; ln -s / x-1.2.13", "the script has replaced the folder x-1.2.13 of the package")]
    [InlineData("rm -r $PKG_INSTALL_DIR", "the script has replaced the folder data of the package")]
    [InlineData("mkfifo $PKG_INSTALL_DIR/pipe", "the package holds pipe, which is neither a file, a folder nor a link")]
    [InlineData("touch \"$PKG_INSTALL_DIR/a\"$'\\n'\"b\"", "a name that is too long or no text")]
    [InlineData("touch \"$PKG_INSTALL_DIR/a\"$'\\xff'\"b\"", "a name that is too long or no text")]
    public async Task A_script_cannot_make_a_package_of_the_machines_files(string script, string reason)
    {
        var master = await ReadyAsync();

        Assert.Contains(reason, await FailureAsync(master, MasterScript.Recipe("x", script)), StringComparison.Ordinal);
        Assert.Empty(master.Package);
    }

    [Fact]
    public async Task A_link_that_a_script_installs_is_packed_as_a_link()
    {
        var master = await ReadyAsync();

        Assert.True(await master.BuildAsync(MasterScript.Recipe("x", "ln -s /etc/hostname $PKG_INSTALL_DIR/host", "mkdir -p $PKG_INSTALL_DIR/usr", "ln -s / $PKG_INSTALL_DIR/usr/all")));

        var members = await master.MembersAsync();
        Assert.Equal(["x-1.2.13/leaf.pkg", "x-1.2.13/data/host", "x-1.2.13/data/usr/all"], members.Keys);
        Assert.Equal(("/etc/hostname", "/"), (members["x-1.2.13/data/host"].LinkName, members["x-1.2.13/data/usr/all"].LinkName));
        Assert.Equal("""["host"]""", master.Content!.ToJsonString());
    }

    [Fact]
    public async Task Folders_deeper_than_a_path_can_be_are_cleared_away()
    {
        var master = await ReadyAsync();

        Assert.True(await master.BuildAsync(MasterScript.Recipe(
            "x", "touch $PKG_INSTALL_DIR/x", "for ((i = 0; i < 60; i++)); do mkdir " + new string('d', 200) + "; cd " + new string('d', 200) + "; done", "chmod 000 .")));

        Assert.NotEmpty(master.Package);
        Assert.False(Directory.Exists(Path.Combine(Root, "branch", "build")));
    }

    [Fact]
    public async Task A_script_that_floods_its_log_is_cut()
    {
        var master = await ReadyAsync(limits: Limits with { MaxLogCharacters = 100_000, MaxLineCharacters = 1000 });

        Assert.True(await master.BuildAsync(MasterScript.Recipe("x", "line=$(printf '%05000d' 7)", "for ((i = 0; i < 500; i++)); do echo $line; done", "touch $PKG_INSTALL_DIR/x")));

        Assert.InRange(master.Log.Sum(l => l.Length), 90_000, 110_000);
        Assert.All(master.Log, l => Assert.InRange(l.Length, 0, 1000));
        Assert.Equal("the log has more than 100000 characters; the rest is left out", master.Log[^1]);
        Assert.NotEmpty(master.Package);
    }

    [Fact]
    public async Task What_a_script_leaves_running_ends_with_it()
    {
        var master = await ReadyAsync();

        Assert.True(await master.BuildAsync(MasterScript.Recipe("x", "(sleep 1234567 &)", "touch $PKG_INSTALL_DIR/x")));

        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc"), IsLeft);

        static bool IsLeft(string folder)
        {
            try
            {
                return Encoding.UTF8.GetString(File.ReadAllBytes(folder + "/cmdline")) == "sleep\01234567\0";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }
}
