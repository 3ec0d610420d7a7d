using System.Net;
using Quern.MasterHost;
using Quern.Testing;

namespace Quern.Cli.Tests;

public sealed class CommandLineTests
{
    public static TheoryData<string, int, string> Wrong => new()
    {
        { "bild", 2, "Unrecognized command or argument 'bild'" },
        { "bild", 2, "Did you mean 'build'?" },
        { "jobs --stat failed", 2, "Did you mean '--state'?" },
        { "build", 2, "Required argument missing" },
        { "build zlib --env debug", 2, "'debug' not recognized" },
        { "jobs --limit many", 2, "Cannot parse argument 'many'" },
        { "up --slots 0", 2, "--slots must be from 1 to 1024" },
        { "up --http nowhere", 2, "'nowhere' is not ADDR:PORT" },
        { "up --listen buildbot-msgpack", 2, "is not PROTOCOL=ADDR:PORT" },
        { "up --listen telnet=127.0.0.1:0", 2, "'telnet' is not a protocol" },
        { "up --first-password-file /nonexistent/file", 2, "cannot be read" },
        { "worker", 2, "needs --master" },
        { "jobs --server ftp://x", 2, "must begin with http://" },
        { "jobs --server http://127.0.0.1:1", 3, "No connection to http://127.0.0.1:1/" },
        { "jobs --server http://127.0.0.1:1 --token-file /nonexistent/token", 2, "cannot be read or is empty" },
        { "check /nonexistent/quern.yaml", 1, "cannot be read" },
        { "submit /nonexistent/recipe", 1, "/nonexistent/recipe" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public async Task What_is_wrong_is_said_and_ends_with_its_number(string line, int exitCode, string says)
    {
        using var folder = new ScratchFolder();

        var (code, output, error) = await RunAsync($"{line} --data {folder.Path}");

        Assert.Equal((exitCode, ""), (code, output));
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_talk_to_a_running_master_in_plain_lines()
    {
        using var folder = new ScratchFolder();
        await using var master = await StartAsync(folder.Path);
        string at = $"--data {folder.Path} --server http://{master.Http}";
        await File.WriteAllTextAsync(folder["lib"], "name=lib\nversion=1.0\nreal_version=1\nbuild={\nmake\n}\n");
        await File.WriteAllTextAsync(folder["app"], "name=app\nversion=2.0\nreal_version=3\nbuilddeps=[lib]\nbuild={\nmake\n}\n");

        var submitted = await RunAsync($"submit {folder["app"]} {folder["lib"]} {at}");
        var queued = await RunAsync($"build app --no-wait {at}");
        var jobs = await RunAsync($"jobs {at}");
        var why = await RunAsync($"why 1 {at}");
        var missing = await RunAsync($"job show 99 {at}");
        var json = await RunAsync($"jobs --json {at}");

        Assert.Equal(["lib 1.0-1   checked: ok   revision 1", "app 2.0-3   checked: ok   revision 1"], submitted.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(0, queued.Code);
        Assert.Matches("^JOB +WHAT +STATE", jobs.Output);
        Assert.Contains("app", jobs.Output, StringComparison.Ordinal);
        Assert.Contains("its dependency lib (job 2) waits for a worker", why.Output, StringComparison.Ordinal);
        Assert.Equal((1, ""), (missing.Code, missing.Output));
        Assert.Equal(2, System.Text.Json.Nodes.JsonNode.Parse(json.Output)!.AsArray().Count);
        Assert.DoesNotContain('\e', submitted.Output + queued.Output + jobs.Output + why.Output);
    }

    [Fact]
    public async Task A_batch_file_is_read_as_the_documentation_says()
    {
        using var folder = new ScratchFolder();
        await using var master = await StartAsync(folder.Path);
        string at = $"--data {folder.Path} --server http://{master.Http}";
        foreach (string name in (string[])["a", "b", "c"])
        {
            await File.WriteAllTextAsync(folder[name], $"name={name}\nversion=1.0\nreal_version=1\nbuild={{\nmake\n}}\n");
            Assert.Equal(0, (await RunAsync($"submit {folder[name]} {at}")).Code);
        }
        await File.WriteAllTextAsync(folder["good"], "# base first\na; b\n\nc\n");
        await File.WriteAllTextAsync(folder["bad"], "a; b c\n");

        var good = await RunAsync($"batch {folder["good"]} --no-wait {at}");
        var bad = await RunAsync($"batch {folder["bad"]} --no-wait {at}");
        var why = await RunAsync($"why 3 {at}");

        Assert.Equal(0, good.Code);
        Assert.Contains("3 jobs queued", good.Output, StringComparison.Ordinal);
        Assert.Contains("c waits", why.Output, StringComparison.Ordinal);
        Assert.Equal((1, ""), (bad.Code, bad.Output));
        Assert.Contains("bad:1:4: error: not a package name", bad.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipe_without_a_raised_counter_or_with_an_unknown_dependency_is_warned_of()
    {
        using var folder = new ScratchFolder();
        await using var master = await StartAsync(folder.Path);
        string at = $"--data {folder.Path} --server http://{master.Http}";
        await File.WriteAllTextAsync(folder["one"], "name=app\nversion=1.0\nreal_version=2\nbuild={\nmake\n}\n");
        await File.WriteAllTextAsync(folder["same"], "name=app\nversion=1.0\nreal_version=2\nbuilddeps=[lib]\nbuild={\nmake\n}\n");
        await File.WriteAllTextAsync(folder["less"], "name=app\nversion=1.0\nreal_version=1\nbuild={\nmake\n}\n");

        var first = await RunAsync($"submit {folder["one"]} {at}");
        var same = await RunAsync($"submit {folder["same"]} {at}");
        var less = await RunAsync($"submit {folder["less"]} {at}");

        Assert.Equal((0, ""), (first.Code, first.Error));
        Assert.Contains("real_version is still 2", same.Error, StringComparison.Ordinal);
        Assert.Contains("app needs lib, which has no recipe yet", same.Error, StringComparison.Ordinal);
        Assert.Contains("real_version went from 2 down to 1", less.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_asked_for_and_login_keeps_one()
    {
        using var data = new ScratchFolder();
        using var other = new ScratchFolder();
        await using var master = await StartAsync(data.Path);
        await File.WriteAllTextAsync(other["password"], "open sesame\n");
        string at = $"--data {other.Path} --server http://{master.Http}";

        var before = await RunAsync($"jobs {at}");
        var login = await RunAsync($"login http://{master.Http} --password-file {other["password"]} --data {other.Path}");
        var after = await RunAsync($"jobs {at}");

        Assert.Equal(3, before.Code);
        Assert.Contains("quern login", before.Error, StringComparison.Ordinal);
        Assert.Equal((0, 0), (login.Code, after.Code));
        Assert.All(Directory.GetFiles(other.Path, "login-*"), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    [Fact]
    public async Task A_configuration_is_checked_with_places()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["bad.yaml"], "workrs: []\n");
        await File.WriteAllTextAsync(folder["good.yaml"], "workers: []\n");

        var bad = await RunAsync($"check {folder["bad.yaml"]}");
        var good = await RunAsync($"check {folder["good.yaml"]}");

        Assert.Equal(1, bad.Code);
        Assert.Contains("bad.yaml:1:1: unknown key 'workrs'", bad.Error, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'workers'?", bad.Error, StringComparison.Ordinal);
        Assert.Equal(0, good.Code);
    }

    [Fact]
    public void What_others_wrote_cannot_steer_a_terminal()
    {
        var output = new StringWriter();

        new Terminal(output, TextWriter.Null, interactive: false).Table(["A"], [["red \e[31m"]]);

        Assert.DoesNotContain('\e', output.ToString());
    }

    private static async Task<QuernMaster> StartAsync(string folder)
    {
        var options = new MasterOptions
        {
            DataFolder = folder,
            Http = new IPEndPoint(IPAddress.Loopback, 0),
            FirstPassword = "open sesame",
            FetchProgram = ["/bin/false"],
        };
        return Assert.IsType<MasterStart.Running>(await QuernMaster.StartAsync(options, TimeProvider.System, CancellationToken.None)).Master;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string line)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = await CommandTree.RunAsync(line.Split(' '), new Terminal(output, error, interactive: false));
        return (code, output.ToString(), error.ToString());
    }
}
