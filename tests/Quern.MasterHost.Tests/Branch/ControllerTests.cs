using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>What controllers of every dialect do with a farm, and what the farm then holds.</summary>
public sealed class ControllerTests
{
    public static TheoryData<string> Dialects => Controller.Dialects;

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_recipe_comes_back_as_it_was_submitted_and_keeps_what_only_the_farm_knows(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        var recipe = BranchFarm.Recipe("zlib", ["gcc"], runs: ["glibc"]);
        recipe["description"] = "kühl \"and\" \\ größer 😀";
        recipe["build_script"] = new JsonArray("./configure --prefix=/usr", "", "\tmake [all]");
        await farm.Store.SaveRecipeAsync(
            new Recipe { Name = new PackageName("zlib"), Version = "1", RealVersion = "1", BuildScript = ["make"], Network = true },
            "name=zlib\nversion=1\nreal_version=1\nnetwork=yes\nbuild={\nmake\n}\n", "", Actor.Farm, CancellationToken.None);

        Assert.True(dev.IsDone(await dev.SubmitAsync(recipe)));
        var back = await dev.CheckoutAsync("zlib");

        Assert.Equal(recipe.ToJsonString(), back.ToJsonString());
        var stored = (await farm.Store.FindRecipeAsync(new PackageName("zlib"), null, CancellationToken.None))!;
        Assert.True(stored.Recipe.Network);
        Assert.Equal(("branch:dev1", 2), (stored.Author.Name, stored.Revision));
        Assert.Contains("previous revision", stored.Note, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task Recipes_of_old_controllers_are_read_in_their_own_forms(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        var recipe = BranchFarm.Recipe("zlib");
        recipe["build_dependencies"] = "[gcc][make]";                                // V1a
        recipe["build_script"] = new JsonArray("make", "}");                         // the Rust controller of V1
        recipe["real_version"] = 7;
        recipe["job_id"] = "job";
        recipe.Remove("extra_sources");

        await dev.GiveAsync(recipe);
        var back = await dev.CheckoutAsync("zlib");

        Assert.Equal("""["gcc","make"]""", back["build_dependencies"]!.ToJsonString());
        Assert.Equal("""["make"]""", back["build_script"]!.ToJsonString());
        Assert.Equal("7", (string)back["real_version"]!);
        Assert.Equal("[]", back["extra_sources"]!.ToJsonString());
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_name_that_could_be_a_path_is_refused(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);

        foreach (string key in (string[])["name", "version", "real_version"])
        {
            var recipe = BranchFarm.Recipe("zlib");
            recipe[key] = "../../etc";
            Assert.False(dev.IsDone(await dev.SubmitAsync(recipe)), key);
        }
        Assert.Empty(await farm.Store.ListRecipesAsync(CancellationToken.None));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_job_goes_through_the_lists_and_its_log_grows_over_its_attempts(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        await dev.GiveAsync(BranchFarm.Recipe("zlib"), BranchFarm.Recipe("libpng", ["zlib"]));

        Assert.True(dev.IsDone(await dev.BuildAsync("libpng")));
        var (queued, running, completed) = await dev.JobsAsync();
        Assert.Equal(["libpng BLOCKED dev1", "zlib WAITING dev1"], Shown(queued));
        Assert.Empty(running.Concat(completed));
        string libpng = IdOf(queued, "libpng"), zlib = IdOf(queued, "zlib");
        Assert.True(Guid.TryParseExact(zlib, "D", out _));
        var none = await dev.LogAsync(zlib);
        Assert.Contains(none.ToJsonString(), (string[])["\"NO_LOG\"", "\"No job log available.\"", "[]"]);

        var job = await farm.RunAsync(zlib, "first", "zweite Zeile: größer");
        Assert.Equal(["zlib BUILDING dev1"], Shown((await dev.JobsAsync()).Running));
        Assert.Equal(["first", "zweite Zeile: größer"], Texts(await dev.LogAsync(zlib)));
        await farm.EndAsync(job, new BuildOutcome.Lost("the worker burned"));
        Assert.Equal(["libpng BLOCKED dev1", "zlib WAITING dev1"], Shown((await dev.JobsAsync()).Queued));

        job = await farm.RunAsync(zlib, "again");
        await farm.EndAsync(job, new BuildOutcome.Succeeded([new ProducedArtifact(Sha256Hash.Of("package"u8), 7)]));
        Assert.Equal(["first", "zweite Zeile: größer", "[quern] attempt 2: the one before was lost", "again"], Texts(await dev.LogAsync(zlib)));
        (queued, running, completed) = await dev.JobsAsync();
        Assert.Equal(["libpng WAITING dev1"], Shown(queued));
        Assert.Equal(["zlib COMPLETED dev1"], Shown(completed));
        Assert.Equal(["zlib"], Texts(await dev.PackagesAsync()));

        await farm.EndAsync(await farm.RunAsync(libpng, "no"), new BuildOutcome.Failed("build", 2, "exit code 2"));
        Assert.Equal(["zlib COMPLETED dev1", "libpng FAILED dev1"], Shown((await dev.JobsAsync()).Completed).OrderDescending());
        Assert.True(dev.IsDone(await dev.ClearAsync()));
        Assert.Empty((await dev.JobsAsync()).Completed);
        Assert.Equal(["again"], Texts(await dev.LogAsync(zlib))[3..]);
    }

    [Fact]
    public async Task A_log_is_read_from_an_offset_over_the_end_of_an_attempt()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = (NewController)await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        await dev.BuildAsync("zlib");
        string id = IdOf((await dev.JobsAsync()).Queued, "zlib");
        await farm.EndAsync(await farm.RunAsync(id, "a", "b"), new BuildOutcome.Lost("gone"));
        await farm.EndAsync(await farm.RunAsync(id, "c", "d"), new BuildOutcome.Lost("gone"));
        string[] whole = ["a", "b", "[quern] attempt 2: the one before was lost", "c", "d"];

        for (int offset = 0; offset <= whole.Length; offset++)
            Assert.Equal(whole[offset..], Texts(await dev.LogFromAsync(id, offset)));

        Assert.Equal("Offset is out of bounds.", (await dev.LogFromAsync(id, whole.Length + 1)).ToString());
        Assert.Equal("Offset is out of bounds.", (await dev.LogFromAsync(id, -1)).ToString());
        Assert.Equal("No such job is available.", (await dev.LogFromAsync(Guid.NewGuid().ToString(), 0)).ToString());
    }

    [Fact]
    public async Task A_long_log_is_given_in_parts_and_as_a_whole_from_its_end()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = (NewController)await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        await dev.BuildAsync("zlib");
        string id = IdOf((await dev.JobsAsync()).Queued, "zlib");
        await farm.RunAsync(id, string.Join('\n', Enumerable.Range(0, 100_010).Select(i => $"line {i}")));

        string[] first = Texts(await dev.LogFromAsync(id, 0)), rest = Texts(await dev.LogFromAsync(id, first.Length));
        Assert.Equal((100_000, 10), (first.Length, rest.Length));
        Assert.Equal(("line 0", "line 99999", "line 100009"), (first[0], first[^1], rest[^1]));

        await using var old = await Controller.ConnectAsync(farm, "V1");
        string[] whole = Texts(await old.LogAsync(id));
        Assert.Equal(("[quern] the first 10 lines of this log are left out", "line 10", "line 100009"), (whole[0], whole[1], whole[^1]));
        Assert.Equal(100_001, whole.Length);
    }

    [Fact]
    public async Task Of_a_log_of_long_lines_as_many_are_given_as_have_room()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = (NewController)await Controller.ConnectAsync(farm, "V2.0");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        await dev.BuildAsync("zlib");
        string id = IdOf((await dev.JobsAsync()).Queued, "zlib");
        string[] written = [.. Enumerable.Range(0, 400).Select(i => $"{i} {new string('x', 60_000)}")];
        await farm.RunAsync(id, written);

        string[] whole = Texts(await dev.LogAsync(id));
        Assert.StartsWith("[quern] the first ", whole[0], StringComparison.Ordinal);
        Assert.Equal(written[^(whole.Length - 1)..], whole[1..]);
        Assert.InRange(whole.Length, 20, 150);

        // With an offset nothing is left out: who asks on gets all of it.
        var all = new List<string>();
        while (Texts(await dev.LogFromAsync(id, all.Count)) is { Length: > 0 } part) all.AddRange(part);
        Assert.Equal(written, all);
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task Dependers_are_found_through_mixed_chains_and_diamonds(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        // b and c make a diamond over a; x and y are a cross chain that hangs on it; run-time needs do not count.
        await dev.GiveAsync(
            BranchFarm.Recipe("a"), BranchFarm.Recipe("b", ["a"]), BranchFarm.Recipe("c", ["a"]), BranchFarm.Recipe("d", ["b", "c"]),
            BranchFarm.Recipe("x", ["nothing"], ["d"]), BranchFarm.Recipe("y", cross: ["x"]), BranchFarm.Recipe("z", ["y"]), BranchFarm.Recipe("r", runs: ["a"]));

        Assert.Equal("""{"releasebuild":["b","c","d","z"],"crossbuild":["x","y"]}""", (await dev.DependersAsync("a")).ToJsonString());
        Assert.Equal("""{"releasebuild":["z"],"crossbuild":["y"]}""", (await dev.DependersAsync("x")).ToJsonString());
        Assert.False(dev.IsDone(await dev.DependersAsync("A")));

        // A change shows in the next answer.
        Assert.True(dev.IsDone(await dev.DeleteAsync("z")));
        await dev.GiveAsync(BranchFarm.Recipe("d", ["b"]));
        Assert.Equal("""{"releasebuild":["b","c","d"],"crossbuild":["x","y"]}""", (await dev.DependersAsync("a")).ToJsonString());
        Assert.Equal(["a", "b", "c", "x", "y", "r", "d"], Texts(await dev.PackageBuildsAsync()));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task Dependers_are_rebuilt_each_after_what_it_needs_and_once(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        await dev.GiveAsync(BranchFarm.Recipe("a"), BranchFarm.Recipe("b", ["a"]), BranchFarm.Recipe("c", ["a"]), BranchFarm.Recipe("d", ["b", "c"]), BranchFarm.Recipe("x", cross: ["d"]));

        Assert.True(dev.IsDone(await dev.RebuildAsync("a")));

        var (queued, _, _) = await dev.JobsAsync();
        Assert.Equal(["a WAITING dev1", "b BLOCKED dev1", "c BLOCKED dev1", "d BLOCKED dev1", "x BLOCKED dev1"], Shown(queued).Order());
        Assert.Equal(5, queued.Select(j => j!["job_id"]!.ToString()).Distinct().Count());
        var rows = await farm.Store.ListJobsAsync(new JobFilter { Limit = 10 }, CancellationToken.None);
        Assert.Equal(BuildEnvironment.Cross, rows.Single(r => r.Package!.Value.Value == "x").Environment);
        var needs = await farm.Store.NeedsOfAsync(rows.Single(r => r.Package!.Value.Value == "d").Id, CancellationToken.None);
        Assert.Equal(["b", "c"], needs.Select(n => rows.Single(r => r.Id == n).Package!.Value.Value).Order());
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_rebuild_that_cannot_be_ordered_or_planned_is_refused_and_queues_nothing(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync(cross: false);
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        await dev.GiveAsync(
            BranchFarm.Recipe("egg", ["hen"]), BranchFarm.Recipe("hen", ["egg"]), BranchFarm.Recipe("lost", ["nowhere"]),
            BranchFarm.Recipe("base"), BranchFarm.Recipe("crossed", cross: ["base"]));

        string circle = (await dev.RebuildAsync("egg")).ToString(), lost = (await dev.RebuildAsync("lost")).ToString();
        string damaged = (await dev.BuildAsync("lost")).ToString(), crossed = (await dev.RebuildAsync("base")).ToString();

        bool old = dialect == "V1";
        Assert.Equal(old ? "CIRCULAR_DEPENDENCY" : "The dependers cannot be rebuilt: egg needs hen needs egg", circle);
        Assert.Equal(old ? "PKG_BUILD_DAMAGED" : "The packagebuild cannot be built: lost needs nowhere, which has no recipe", lost);
        Assert.StartsWith(old ? "PKG_BUILD_DAMAGED" : "The packagebuild cannot be built: 'lost' needs 'nowhere'", damaged, StringComparison.Ordinal);
        Assert.Equal(old ? "CROSS_ENV_UNAVAILABLE" : "Cross build environment is disabled or unavailable.", crossed);
        Assert.Empty((await dev.JobsAsync()).Queued);
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_step_of_a_solution_waits_for_the_whole_step_before_it(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        await dev.GiveAsync(BranchFarm.Recipe("a"), BranchFarm.Recipe("b"), BranchFarm.Recipe("c"));

        // As the Rust controller sends files: blank lines, blanks around names, comments.
        var steps = new JsonArray(new JsonArray("# base"), new JsonArray(" a ", ""), new JsonArray(""), new JsonArray(), new JsonArray("b", "c"), new JsonArray("a"));
        Assert.True(dev.IsDone(await dev.SolutionAsync(steps, cross: true)));

        var (queued, _, _) = await dev.JobsAsync();
        Assert.Equal(["a WAITING dev1", "b BLOCKED dev1", "c BLOCKED dev1", "a BLOCKED dev1"], Shown(queued));
        var jobs = queued.Select(j => j!["job_id"]!.ToString()).ToArray();
        await farm.EndAsync(await farm.RunAsync(jobs[0]), new BuildOutcome.Succeeded([]));
        Assert.Equal(["b WAITING dev1", "c WAITING dev1", "a BLOCKED dev1"], Shown((await dev.JobsAsync()).Queued));
        await farm.EndAsync(await farm.RunAsync(jobs[1]), new BuildOutcome.Succeeded([]));
        Assert.Equal(["c WAITING dev1", "a BLOCKED dev1"], Shown((await dev.JobsAsync()).Queued));

        Assert.True(dev.IsDone(await dev.SolutionAsync([])));
        Assert.False(dev.IsDone(await dev.SolutionAsync(new JsonArray(new JsonArray("a"), new JsonArray("nö\nway")))));
        Assert.Equal(2, (await dev.JobsAsync()).Queued.Count);
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task Cancelling_one_takes_its_dependers_along_and_cancelling_all_leaves_what_runs(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        await dev.GiveAsync(BranchFarm.Recipe("a"), BranchFarm.Recipe("b", ["a"]), BranchFarm.Recipe("c"), BranchFarm.Recipe("d", ["c"]));
        await dev.BuildAsync("b");
        await dev.BuildAsync("d");
        var (queued, _, _) = await dev.JobsAsync();
        string a = IdOf(queued, "a"), c = IdOf(queued, "c");

        Assert.True(dev.IsDone(await dev.CancelAsync(a)));
        Assert.False(dev.IsDone(await dev.CancelAsync(a)));
        Assert.False(dev.IsDone(await dev.CancelAsync("nope")));
        Assert.Equal(["d BLOCKED dev1", "c WAITING dev1"], Shown((await dev.JobsAsync()).Queued));

        await farm.RunAsync(c);
        Assert.False(dev.IsDone(await dev.CancelAsync(c)));
        Assert.True(dev.IsDone(await dev.CancelAllAsync()));
        var (left, running, _) = await dev.JobsAsync();
        Assert.Empty(left);
        Assert.Equal(["c BUILDING dev1"], Shown(running));
        Assert.False((await farm.Store.FindJobAsync(c, CancellationToken.None))!.CancelRequested);
        Assert.True(dev.IsDone(await dev.CancelAllAsync()));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task An_extra_source_is_kept_when_its_transfer_is_completed_and_not_before(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        byte[] bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);

        Assert.True(dev.IsDone(await dev.AnnounceSourceAsync("../../root/.ssh/fix me.patch", "a fix", bytes.Length)));
        Assert.True(dev.IsDone(await dev.SendSourceAsync(bytes)));
        Assert.Equal("[]", (await dev.SourcesAsync()).ToJsonString());
        Assert.True(dev.IsDone(await dev.CompleteSourceAsync()));
        Assert.False(dev.IsDone(await dev.CompleteSourceAsync()));

        var source = Assert.Single((await dev.SourcesAsync()).AsArray())!;
        Assert.Equal(("fix_me.patch", "a fix"), ((string)source["filename"]!, (string)source["description"]!));
        var stored = Assert.Single(await farm.Store.ListSourcesAsync(CancellationToken.None));
        Assert.Equal(Sha256Hash.Of(bytes), stored.Sha256);
        Assert.True(dev.IsDone(await dev.RemoveSourceAsync((string)source["id"]!)));
        Assert.False(dev.IsDone(await dev.RemoveSourceAsync((string)source["id"]!)));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_source_of_no_length_or_too_much_is_refused_and_the_connection_goes_on(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);

        foreach (var length in (JsonNode[])["x", "", "-1", "0", 0, -5, (5L << 30).ToString(System.Globalization.CultureInfo.InvariantCulture), "99999999999999999999"])
            Assert.Contains((await dev.AnnounceSourceAsync("f", "d", length.DeepClone())).ToString(), (string[])["BYTE_COUNT_ERR", "'filelength' needs to be a valid integer."]);

        Assert.Equal("[]", (await dev.SourcesAsync()).ToJsonString());
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task Clients_see_each_other_and_the_workers(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var first = await Controller.ConnectAsync(farm, "V1", "anna");
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        await using var twin = await Controller.ConnectAsync(farm, "V2.0", "dev1");
        farm.Master.Attach(new TalkingLink(), 1);
        await farm.UntilAsync(async () => !(await farm.EventsAsync("worker.connected")).IsEmpty);
        var before = TimeProvider.System.GetUtcNow();

        var (controllers, bots) = await dev.ClientsAsync();
        var info = await dev.ClientInfoAsync("anna");
        var worker = await dev.ClientInfoAsync("talker");

        Assert.Equal(["anna", "dev1", "dev1"], Texts(controllers));
        Assert.Equal(["talker"], Texts(bots));
        Assert.Equal(["Connection timestamp"], info.AsObject().Select(m => m.Key));
        Assert.InRange((double)info["Connection timestamp"]!, before.AddMinutes(-5).ToUnixTimeSeconds(), before.ToUnixTimeSeconds() + 1);
        Assert.Equal((0, "x86_64"), ((int)worker["Timed out commands [recovered]"]!, (string)worker["Architecture"]!));
        Assert.False(dev.IsDone(await dev.ClientInfoAsync("nobody")));

        await first.DisposeAsync();
        await farm.UntilAsync(async () => Texts((await dev.ClientsAsync()).Controllers).SequenceEqual(["dev1", "dev1"]));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task The_system_log_tells_what_an_operator_wants_to_know(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        await dev.DeleteAsync("zlib");

        string[] lines = Texts(await dev.SystemLogAsync());

        Assert.All(lines, line => Assert.Matches(@"^\[\d\d:\d\d:\d\d \d\d-\d\d-\d{4}\] .+ => .+$", line));
        Assert.Contains(lines, l => l.Contains("Branchmaster => Listening: branch 127.0.0.1", StringComparison.Ordinal));
        Assert.EndsWith("dev1 => Packagebuild 'zlib' was deleted.", lines[^1], StringComparison.Ordinal);

        for (int i = 0; i < 60; i++) await farm.Store.SaveListenerEventAsync(EventKinds.ListenerOpened, FarmStore.ListenerSubject("branch", "192.0.2.1", i), "", Actor.Farm, CancellationToken.None);
        lines = Texts(await dev.SystemLogAsync());
        Assert.Equal(50, lines.Length);
        Assert.EndsWith("Listening: branch 192.0.2.1:59.", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_cleared_stays_cleared_when_the_master_starts_again()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("a"), BranchFarm.Recipe("b"));
        await dev.BuildAsync("a");
        await farm.EndAsync(await farm.RunAsync(IdOf((await dev.JobsAsync()).Queued, "a")), new BuildOutcome.Succeeded([]));
        await dev.ClearAsync();
        await dev.BuildAsync("b");
        await farm.EndAsync(await farm.RunAsync(IdOf((await dev.JobsAsync()).Queued, "b")), new BuildOutcome.Succeeded([]));

        await farm.RestartAsync();
        await using var again = await Controller.ConnectAsync(farm, "V1");

        Assert.Equal(["b COMPLETED dev1"], Shown((await again.JobsAsync()).Completed));
    }

    [Fact]
    public async Task Jobs_that_are_not_of_packages_are_nobodys_business_here()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("a"));
        await dev.BuildAsync("a");
        var a = IdOf((await dev.JobsAsync()).Queued, "a");
        Assert.True(JobId.TryParse(a, out var need));
        var plan = new NewJob { Id = JobId.Create(TimeProvider.System.GetUtcNow()), Title = "deploy", Plan = new Plan([]), Pool = "nowhere=1" };
        var after = plan with { Id = JobId.Create(TimeProvider.System.GetUtcNow()), Needs = [need] };
        Assert.IsType<SubmitResult.Accepted>(await farm.Store.SubmitAsync(new Submission([plan, after]), Actor.Farm, CancellationToken.None));

        var (queued, _, _) = await dev.JobsAsync();
        Assert.Equal(["a WAITING dev1"], Shown(queued));
        Assert.Equal("No such job found", (await dev.CancelAsync(plan.Id.ToString())).ToString());
        Assert.Equal("No such job is available.", (await dev.LogAsync(plan.Id.ToString())).ToString());
        Assert.True(dev.IsDone(await dev.CancelAllAsync()));

        Assert.Equal(JobState.Ready, (await farm.Store.FindJobAsync(plan.Id.ToString(), CancellationToken.None))!.State);
        Assert.Equal(JobState.Skipped, (await farm.Store.FindJobAsync(after.Id.ToString(), CancellationToken.None))!.State);
    }

    private static string[] Shown(JsonArray jobs) =>
        [.. jobs.Select(j => $"{j!["job_name"]} {j["job_status"]} {j["requesting_client"]}")];

    private static string IdOf(JsonArray jobs, string name) => jobs.Single(j => (string)j!["job_name"]! == name)!["job_id"]!.ToString();

    private static string[] Texts(JsonNode array) => [.. array.AsArray().Select(t => (string)t!)];
}
