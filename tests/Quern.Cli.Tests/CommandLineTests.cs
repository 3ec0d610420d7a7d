using Quern.Testing;

namespace Quern.Cli.Tests;

public sealed class CommandLineTests
{
    public static TheoryData<string, int, string> Wrong => new()
    {
        { "bild", 2, "Unrecognized command or argument 'bild'" },
        { "bild", 2, "Did you mean 'build'?" },
        { "jobs --stat failed", 2, "Did you mean '--state'?" },
        { "agent upgrade --progam x", 2, "Unrecognized option '--progam'." },
        { "agent upgrade --progam x", 2, "Did you mean '--program'?" },
        { "agent show --jsn", 2, "Did you mean '--json'?" },
        { "build", 2, "Required argument missing" },
        { "build zlib --env debug", 2, "'debug' not recognized" },
        { "jobs --limit many", 2, "Cannot parse argument 'many' for option '--limit': a whole number is expected." },
        { "jobs --state ready,bogus", 2, "'bogus' is not a state of jobs; there are blocked, ready, running," },
        { "jobs --limit 0", 2, "--limit must be at least 1" },
        { "recipe diff a --from x", 2, "for option '--from': a whole number is expected." },
        { "batch /usr", 1, "'/usr' is a folder" },
        { "check /usr", 1, "this is a folder" },
        { "up --slots 0", 2, "--slots must be from 1 to 1024" },
        { "up --http nowhere", 2, "'nowhere' is not ADDR:PORT" },
        { "up --listen buildbot-msgpack", 2, "is not PROTOCOL=ADDR:PORT" },
        { "listener add leaf=224.0.0.1:8080", 2, "an IP address that one machine can have" },
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

        var (code, output, error) = await CliFarm.RunAsync($"{line} --data {folder.Path}");

        Assert.Equal((exitCode, ""), (code, output));
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_talk_to_a_running_master_in_plain_lines()
    {
        using var folder = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(folder.Path);
        string at = $"--data {folder.Path} --server http://{master.Http}";
        await File.WriteAllTextAsync(folder["lib"], "name=lib\nversion=1.0\nreal_version=1\nbuild={\nmake\n}\n");
        await File.WriteAllTextAsync(folder["app"], "name=app\nversion=2.0\nreal_version=3\nbuilddeps=[lib]\nbuild={\nmake\n}\n");

        var submitted = await CliFarm.RunAsync($"submit {folder["app"]} {folder["lib"]} {at}");
        var queued = await CliFarm.RunAsync($"build app --no-wait {at}");
        var jobs = await CliFarm.RunAsync($"jobs {at}");
        var why = await CliFarm.RunAsync($"why 1 {at}");
        var missing = await CliFarm.RunAsync($"job show 99 {at}");
        var noCross = await CliFarm.RunAsync($"build app --env cross {at}");
        var json = await CliFarm.RunAsync($"jobs --json {at}");

        Assert.Equal(["lib 1.0-1   checked: ok   revision 1", "app 2.0-3   checked: ok   revision 1"], submitted.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(0, queued.Code);
        Assert.Matches("^JOB +WHAT +STATE", jobs.Output);
        Assert.Contains("app", jobs.Output, StringComparison.Ordinal);
        Assert.Contains("its dependency lib (job 2) waits for a worker", why.Output, StringComparison.Ordinal);
        Assert.Equal((1, ""), (missing.Code, missing.Output));
        Assert.Equal((1, ""), (noCross.Code, noCross.Output));
        Assert.Contains("app cannot be built for cross: quern.yaml has no environments.cross. Add it", noCross.Error, StringComparison.Ordinal);
        Assert.Equal(2, System.Text.Json.Nodes.JsonNode.Parse(json.Output)!.AsArray().Count);
        Assert.DoesNotContain('\e', submitted.Output + queued.Output + jobs.Output + why.Output);
    }

    [Fact]
    public async Task A_batch_file_is_read_as_the_documentation_says()
    {
        using var folder = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(folder.Path);
        string at = $"--data {folder.Path} --server http://{master.Http}";
        foreach (string name in (string[])["a", "b", "c"])
        {
            await File.WriteAllTextAsync(folder[name], $"name={name}\nversion=1.0\nreal_version=1\nbuild={{\nmake\n}}\n");
            Assert.Equal(0, (await CliFarm.RunAsync($"submit {folder[name]} {at}")).Code);
        }
        await File.WriteAllTextAsync(folder["good"], "# base first\na; b\n\nc\n");
        await File.WriteAllTextAsync(folder["bad"], "a; b c\n");

        var good = await CliFarm.RunAsync($"batch {folder["good"]} --no-wait {at}");
        var bad = await CliFarm.RunAsync($"batch {folder["bad"]} --no-wait {at}");
        var why = await CliFarm.RunAsync($"why 3 {at}");

        Assert.Equal(0, good.Code);
        Assert.Contains("3 jobs queued", good.Output, StringComparison.Ordinal);
        Assert.Contains("c waits", why.Output, StringComparison.Ordinal);
        Assert.Equal((1, ""), (bad.Code, bad.Output));
        Assert.Contains("bad:1:4: error: not a package name", bad.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_of_a_solution_shows_its_order_and_names_what_is_wrong_with_its_place()
    {
        using var folder = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(folder.Path);
        string at = $"--data {folder.Path} --server http://{master.Http}";
        foreach (var (name, needs) in new[] { ("base", ""), ("left", "[base]"), ("right", "[base]"), ("top", "[left][right]") })
        {
            await File.WriteAllTextAsync(folder[name], $"name={name}\nversion=1.0\nreal_version=1\nbuilddeps={needs}\nbuild={{\nmake\n}}\n");
            await CliFarm.RunAsync($"submit {folder[name]} {at}");
        }
        await File.WriteAllTextAsync(folder["good.sol"], "# a diamond\nbase\nleft; right\ntop\n");
        await File.WriteAllTextAsync(folder["early.sol"], "base; left\ntop\nright\n");
        await File.WriteAllTextAsync(folder["unknown.sol"], "base\n left ;nowhere\nlost\n");

        var good = await CliFarm.RunAsync($"batch {folder["good.sol"]} --dry-run {at}");
        var early = await CliFarm.RunAsync($"solution {folder["early.sol"]} --dry-run {at}");
        var unknown = await CliFarm.RunAsync($"batch {folder["unknown.sol"]} --no-wait {at}");
        var jobs = await CliFarm.RunAsync($"jobs --json {at}");

        Assert.Equal((0, "4 builds in 3 steps\n  step 1: base\n  step 2: left, right\n  step 3: top\n", ""), good);
        Assert.Equal(0, early.Code);
        Assert.Contains("early.sol: warning: left of step 1 needs base, which is built in the same step.", early.Error, StringComparison.Ordinal);
        Assert.Contains("early.sol: warning: top of step 2 needs right, which is built in step 3.", early.Error, StringComparison.Ordinal);
        Assert.Equal((1, ""), (unknown.Code, unknown.Output));
        Assert.Contains("unknown.sol:2:8: error: there is no recipe 'nowhere'.", unknown.Error, StringComparison.Ordinal);
        Assert.Contains("unknown.sol:3:1: error: there is no recipe 'lost'.", unknown.Error, StringComparison.Ordinal);
        Assert.Equal("[]", jobs.Output.Trim());
    }

    [Fact]
    public async Task A_tree_of_recipe_folders_is_submitted_dependencies_first()
    {
        using var folder = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(folder.Path);
        string at = $"--data {folder.Path} --server http://{master.Http}";
        foreach (var (name, needs) in new[] { ("tree/a-app", "[lib]"), ("tree/core/lib", ""), ("tree/.git/old", "") })
        {
            Directory.CreateDirectory(folder[name]);
            await File.WriteAllTextAsync(folder[$"{name}/package.bpb"], $"name={Path.GetFileName(name).Replace("a-", "", StringComparison.Ordinal)}\nversion=1.0\nreal_version=1\nbuilddeps={needs}\nbuild={{\nmake\n}}\n");
        }
        await File.WriteAllTextAsync(folder["tree/core/lib/spare.bpb"], "name=spare\n");
        Directory.CreateSymbolicLink(folder["tree/round"], folder["tree"]);
        Directory.CreateDirectory(folder["empty"]);

        var empty = await CliFarm.RunAsync($"submit {folder["empty"]} {at}");
        var good = await CliFarm.RunAsync($"submit {folder["tree"]} {at}");
        await File.WriteAllTextAsync(folder["tree/core/lib/package.bpb"], "name=lib\nversion=1 0\nreal_version=2\nbuild={\nmake\n}\n");
        var bad = await CliFarm.RunAsync($"submit {folder["tree"]} {at}");

        Assert.Equal(1, empty.Code);
        Assert.Contains("There is no package.bpb in", empty.Error, StringComparison.Ordinal);
        Assert.Equal((0, "lib 1.0-1   checked: ok   revision 1\napp 1.0-1   checked: ok   revision 1\n"), (good.Code, good.Output));
        Assert.Contains("spare.bpb: not read: in a folder, a recipe is named package.bpb.", good.Error, StringComparison.Ordinal);
        Assert.Contains("tree/round: not read: it is a link.", good.Error, StringComparison.Ordinal);
        Assert.Equal((1, ""), (bad.Code, bad.Output));
        Assert.Contains("tree/core/lib/package.bpb:2:10: error: ", bad.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipe_without_a_raised_counter_or_with_an_unknown_dependency_is_warned_of()
    {
        using var folder = new ScratchFolder();
        await using var master = await CliFarm.StartAsync(folder.Path);
        string at = $"--data {folder.Path} --server http://{master.Http}";
        await File.WriteAllTextAsync(folder["one"], "name=app\nversion=1.0\nreal_version=2\nbuild={\nmake\n}\n");
        await File.WriteAllTextAsync(folder["same"], "name=app\nversion=1.0\nreal_version=2\nbuilddeps=[lib]\nbuild={\nmake\n}\n");
        await File.WriteAllTextAsync(folder["less"], "name=app\nversion=1.0\nreal_version=1\nbuild={\nmake\n}\n");

        var first = await CliFarm.RunAsync($"submit {folder["one"]} {at}");
        var same = await CliFarm.RunAsync($"submit {folder["same"]} {at}");
        var less = await CliFarm.RunAsync($"submit {folder["less"]} {at}");

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
        await using var master = await CliFarm.StartAsync(data.Path);
        await File.WriteAllTextAsync(other["password"], "open sesame\n");
        string at = $"--data {other.Path} --server http://{master.Http}";

        var before = await CliFarm.RunAsync($"jobs {at}");
        var login = await CliFarm.RunAsync($"login http://{master.Http} --password-file {other["password"]} --data {other.Path}");
        var after = await CliFarm.RunAsync($"jobs {at}");

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

        var bad = await CliFarm.RunAsync($"check {folder["bad.yaml"]}");
        var good = await CliFarm.RunAsync($"check {folder["good.yaml"]}");

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
}
