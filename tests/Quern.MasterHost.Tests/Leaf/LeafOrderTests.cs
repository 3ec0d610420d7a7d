using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Leaf;

/// <summary>What is ordered by POST: every answer, every refusal, and what it does in the farm.</summary>
public sealed class LeafOrderTests
{
    private const string KeyMissing = "MISSING_DATA Missing request data for authentication: Authentication key (authkey)";
    private const string KeyRefused = "AUTH_FAILURE Invalid authentication key.";

    private static readonly string[] Keyed =
    [
        "/logoff", "/createuser", "/crossbuild", "/releasebuild", "/clearcompletedjobs", "/viewlog", "/submitpackagebuild", "/cancelqueuedjob",
        "/cancelqueuedjobs", "/deletepackage", "/clientinfo",
    ];

    [Fact]
    public async Task Every_order_but_the_login_needs_a_key()
    {
        await using var farm = await LeafFarm.StartAsync();
        var peer = farm.Peer();
        string token = (await File.ReadAllTextAsync(Path.Combine(farm.Folder, "token"))).Trim();

        foreach (string path in Keyed.Append("/checkauth"))
        {
            Assert.Equal((path, KeyMissing), (path, (await peer.PostAsync(path, [])).Said));
            Assert.Equal((path, KeyMissing), (path, (await peer.FormAsync(path, "authkey=")).Said));
        }
        foreach (string path in Keyed)
            foreach (string key in (string[])["", "x", token, Guid.NewGuid().ToString()])
                Assert.Equal((path, KeyRefused), (path, (await peer.PostAsync(path, new JsonObject { ["authkey"] = key })).Said));
        Assert.Empty(await farm.EventsAsync(EventKinds.JobsCleared));
    }

    public static TheoryData<string, string, string> Refusals => new()
    {
        { "/createuser", "", "MISSING_DATA Missing request data for user creation: User (user)" },
        { "/createuser", "cuser=mira", "MISSING_DATA Missing request data for user creation: Password (pass)" },
        { "/createuser", "cuser=mi+ra&cpass=x", "SERV_FAILURE Invalid username for account creation" },
        { "/createuser", "cuser=root&cpass=x", "SERV_FAILURE User already exists." },
        { "/createuser", "cuser=admin&cpass=x", "SERV_FAILURE User already exists." },
        { "/createuser", "user=mira&pass=x", "SERV_FAILURE A password has 12 to 120 characters." },
        { "/releasebuild", "", "MISSING_DATA Missing request data for package build: Package name (pkgname)" },
        { "/releasebuild", "pkgname=nope", "SERV_FAILURE No such package available: nope" },
        { "/releasebuild", "pkgname=../x", "SERV_FAILURE No such package available: ../x" },
        { "/releasebuild", "pkgname=lost", "SERV_FAILURE The packagebuild cannot be built: " },
        { "/crossbuild", "", "MISSING_DATA Missing request data for package build: Package name (pkgname)" },
        { "/crossbuild", "pkgname=zlib", "SERV_FAILURE Could not request crossbuild, because the cross environment is disabled." },
        { "/build", "pkgname=zlib", "SERV_FAILURE Internal server error." },
        { "/viewlog", "", "MISSING_DATA Missing request data for viewlog: Job ID (jobid)" },
        { "/viewlog", "jobid=5", "SERV_FAILURE Invalid job id: 5" },
        { "/viewlog", "jobid=QUEUED", "SERV_FAILURE No build log available." },
        { "/submitpackagebuild", "", "MISSING_DATA Missing package build." },
        { "/submitpackagebuild", "packagebuild=", "MISSING_DATA Missing package build." },
        { "/submitpackagebuild", "packagebuild=name%3Dzlib", "SERV_FAILURE Missing values in package build" },
        { "/submitpackagebuild", "packagebuild=name%3D..%0Aversion%3D1%0Areal_version%3D1%0Abuild%3D%7B%0A%7D", "SERV_FAILURE Missing values in package build" },
        { "/cancelqueuedjob", "", "MISSING_DATA Missing request data: Job ID (jobid)" },
        { "/cancelqueuedjob", "jobid=x", "SERV_FAILURE Invalid job ID." },
        { "/cancelqueuedjob", "jobid=RUNNING", "SERV_FAILURE Invalid job ID." },
        { "/deletepackage", "", "MISSING_DATA Missing request data: Package name (pkgname)" },
        { "/deletepackage", "pkgname=nope", "MISSING_DATA No such pkgbuild found: nope" },
        { "/deletepackage", "pkgname=glibc", "SERV_FAILURE Cannot delete package 'glibc', because it is part of the current deployment configuration." },
        { "/clientinfo", "", "MISSING_DATA Missing request data for clientinfo: Client name (clientname)" },
        { "/clientinfo", "clientname=nobody", "SERV_FAILURE Invalid client name." },
        { "/nope", "", "SERV_FAILURE Bad request." },
        { "/", "get=packagelist", "SERV_FAILURE Bad request." },
        { "/auth", "", "MISSING_DATA Missing request data for authentication" },
        { "/auth", "user=root", "MISSING_DATA Missing request data for authentication" },
        { "/auth", "user=root&pass=wrong", "AUTH_FAILURE Authentication failed." },
        { "/auth", "user=mira&pass=secret", "AUTH_FAILURE Authentication failed: user mira is not registered." },
    };

    [Fact]
    public async Task Every_refusal_has_the_text_of_the_original()
    {
        await using var farm = await LeafFarm.StartAsync(branch: new BranchSettings { RealRootPackages = ["glibc"] });
        foreach (string name in (string[])["zlib", "glibc"]) await farm.SubmitAsync(LeafFarm.Recipe(name));
        await farm.SubmitAsync(LeafFarm.Recipe("lost", needs: "[gone]"));
        var running = await farm.RunAsync(await farm.QueueAsync("zlib"));
        var queued = await farm.QueueAsync("zlib");
        var peer = farm.Peer();
        string key = await farm.KeyAsync();

        foreach (var row in Refusals)
        {
            var (path, fields, said) = row.Data;
            fields = fields.Replace("QUEUED", queued.ToString(), StringComparison.Ordinal).Replace("RUNNING", running.Id.ToString(), StringComparison.Ordinal);
            var reply = await peer.FormAsync(path, $"authkey={key}&{fields}");
            Assert.Equal(200, reply.Status);
            Assert.StartsWith($"{path} {fields}: {said}", $"{path} {fields}: {reply.Said}", StringComparison.Ordinal);
        }
        Assert.Equal("SUCCESS [\"zlib\",\"glibc\",\"lost\"]", $"SUCCESS {(await peer.GetAsync("/?get=packagebuildlist")).Json["payload"]!.ToJsonString()}");
    }

    [Theory]
    [InlineData("json")]
    [InlineData("json with a charset")]
    [InlineData("form")]
    [InlineData("parts")]
    [InlineData("no type")]
    public async Task A_farm_is_run_from_a_recipe_to_its_deletion_in_every_form_of_body(string form)
    {
        await using var farm = await LeafFarm.StartAsync(cross: true);
        var peer = farm.Peer();
        string key = await farm.KeyAsync();
        async Task<LeafReply> AskAsync(string path, params (string Name, string Value)[] fields)
        {
            (string, string)[] all = [("authkey", key), .. fields];
            var reply = await (form switch
            {
                "json" => peer.PostAsync(path, Json(all)),
                "json with a charset" => peer.SendAsync("POST", path, "application/json; charset=utf-8", Json(all).ToJsonString()),
                "form" => peer.FormAsync(path, Form(all)),
                "parts" => peer.SendAsync("POST", path, "multipart/form-data; boundary=\"b\"", Parts(all)),
                _ => peer.SendAsync("POST", path, null, Form(all)),
            });
            Assert.Equal((path, "SUCCESS"), (path, reply.Json["status"]!.ToString()));
            return reply;
        }

        Assert.Equal($"SUCCESS Authkey {key} is valid.", (await AskAsync("/checkauth")).Said);
        Assert.Equal("SUCCESS Package submission accepted.", (await AskAsync("/submitpackagebuild", ("packagebuild", LeafFarm.Recipe("c++", description: "50% & größer = +").ReplaceLineEndings("\r\n")))).Said);
        Assert.Equal("SUCCESS Package build queued successfully.", (await AskAsync("/releasebuild", ("pkgname", "c++"))).Said);
        Assert.Equal("SUCCESS Package build queued successfully.", (await AskAsync("/crossbuild", ("pkgname", "c++"))).Said);
        var queued = await farm.Store.ListJobsAsync(new JobFilter { Limit = 10 }, CancellationToken.None);
        Assert.Equal([BuildEnvironment.Cross, BuildEnvironment.Release], queued.Select(j => j.Environment));
        Assert.All(queued, j => Assert.Equal("user:admin", j.Requester.Name));

        var job = await farm.RunAsync(queued[1].Id, "one", "zwei größer");
        Assert.Equal(["one", "zwei größer"], (await AskAsync("/viewlog", ("jobid", job.Id.ToString()))).Json["payload"]!.AsArray().Select(l => l!.ToString()));
        Assert.Equal("SUCCESS Waiting job cancelled.", (await AskAsync("/cancelqueuedjob", ("jobid", queued[0].Id.ToString()))).Said);
        Assert.Equal(JobState.Cancelled, (await farm.Store.FindJobAsync(queued[0].Id.ToString(), CancellationToken.None))!.State);
        await farm.Store.CompleteAsync(job.Id, job.Attempt, new BuildOutcome.Failed("build", 1, "no"), default, Actor.Farm, CancellationToken.None);
        Assert.Equal("SUCCESS Completed jobs cleared successfully", (await AskAsync("/clearcompletedjobs")).Said);
        Assert.Equal("SUCCESS Package build queued successfully.", (await AskAsync("/releasebuild", ("pkgname", "c++"))).Said);
        Assert.Equal("SUCCESS Waiting jobs cancelled.", (await AskAsync("/cancelqueuedjobs")).Said);
        Assert.Equal("""{"completed_jobs":[],"running_jobs":[],"queued_jobs":[]}""", (await peer.GetAsync("/?get=joblist")).Json["payload"]!.ToJsonString());
        Assert.Equal("50% & größer = +", (await farm.Store.FindRecipeAsync(new PackageName("c++"), null, CancellationToken.None))!.Recipe.Description);
        Assert.Equal("SUCCESS Package and packagebuild deleted.", (await AskAsync("/deletepackage", ("pkgname", "c++"))).Said);
        Assert.Equal("SUCCESS Logoff acknowledged.", (await AskAsync("/logoff")).Said);
        Assert.Equal(KeyRefused, (await peer.PostAsync("/clearcompletedjobs", new JsonObject { ["authkey"] = key })).Said);

        foreach (string kind in (string[])[EventKinds.AccountSignedIn, EventKinds.RecipeSaved, EventKinds.JobsCleared, EventKinds.RecipeDeleted, EventKinds.TokenRevoked])
            Assert.Equal((kind, "user:admin"), (kind, Assert.Single(await farm.EventsAsync(kind), e => e.Actor != "farm").Actor));
    }

    [Fact]
    public async Task A_submitted_text_keeps_what_only_this_farm_knows()
    {
        await using var farm = await LeafFarm.StartAsync();
        var peer = farm.Peer();
        string key = await farm.KeyAsync();
        await farm.SubmitAsync(LeafFarm.Recipe("zlib").Replace("build={", "tests=make check\nnetwork=yes\nbuild={", StringComparison.Ordinal));
        string shown = (await peer.GetAsync("/?get=packagebuild&pkgname=zlib")).Json["payload"]!.ToString();

        var plain = await peer.PostAsync("/submitpackagebuild", new JsonObject { ["authkey"] = key, ["packagebuild"] = shown.Replace("version=1.0", "version=2.0", StringComparison.Ordinal) });
        var inherited = (await farm.Store.FindRecipeAsync(new PackageName("zlib"), null, CancellationToken.None))!.Recipe;
        var own = await peer.PostAsync("/submitpackagebuild", new JsonObject { ["authkey"] = key, ["packagebuild"] = "# mine\n" + LeafFarm.Recipe("zlib", version: "3.0").Replace("build={", "network=no\nbuild={", StringComparison.Ordinal) });
        var exact = await farm.Store.FindRecipeAsync(new PackageName("zlib"), null, CancellationToken.None);

        Assert.DoesNotContain("tests=", shown, StringComparison.Ordinal);
        Assert.Equal(("SUCCESS Package submission accepted.", plain.Said), (plain.Said, own.Said));
        Assert.Equal(("2.0", true, 1), (inherited.Version, inherited.Network, inherited.Tests.Length));
        Assert.Equal(("3.0", false, 0), (exact!.Recipe.Version, exact.Recipe.Network, exact.Recipe.Tests.Length));
        Assert.StartsWith("# mine\n", exact.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connected_client_is_described_as_over_the_socket()
    {
        await using var farm = await LeafFarm.StartAsync();
        string key = await farm.KeyAsync();
        farm.Master.Attach(new TalkingLink(), 1);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        for (long seen = farm.Store.LastSequence; farm.Master.Pool.Find(new WorkerName("talker")) is null; seen = farm.Store.LastSequence)
            await farm.Store.WaitPastAsync(seen, patience.Token);

        var reply = await farm.Peer().PostAsync("/clientinfo", new JsonObject { ["authkey"] = key, ["clientname"] = "talker" });
        var clients = await farm.Peer().GetAsync("/?get=clientlist");

        Assert.Equal("SUCCESS", reply.Json["status"]!.ToString());
        Assert.NotNull(reply.Json["payload"]!["Connection timestamp"]);
        Assert.Equal("""{"controllers":[],"buildbots":["talker"]}""", clients.Json["payload"]!.ToJsonString());
    }

    private static JsonObject Json((string Name, string Value)[] fields) => new([.. fields.Select(f => KeyValuePair.Create(f.Name, (JsonNode?)f.Value))]);

    private static string Form((string Name, string Value)[] fields) =>
        string.Join('&', fields.Select(f => $"{f.Name}={System.Net.WebUtility.UrlEncode(f.Value)}"));

    private static string Parts((string Name, string Value)[] fields) =>
        string.Concat(fields.Select(f => $"--b\r\nContent-Disposition: form-data; name=\"{f.Name}\"\r\n\r\n{f.Value}\r\n")) + "--b--\r\n";
}
