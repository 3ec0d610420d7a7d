using System.Text;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Leaf;

/// <summary>What is asked by GET: every answer and every refusal.</summary>
public sealed class LeafQuestionTests
{
    [Theory]
    [InlineData("/", 200, "<h1>Bad request.</h1>")]
    [InlineData("/?", 200, "<h1>Bad request.</h1>")]
    [InlineData("/?get=package", 400, "E_PKGNAME")]
    [InlineData("/?get=package&pkgname=", 400, "E_PKGNAME")]
    [InlineData("/?get=package&version=1", 400, "E_PKGNAME")]
    [InlineData("/?get=package&pkgname=nope", 404, "E_PACKAGE")]
    [InlineData("/?get=package&pkgname=..%2F..%2Ftoken", 404, "E_PACKAGE")]
    [InlineData("/?get=package&pkgname=zlib&version=2", 404, "E_VERSION")]
    [InlineData("/?get=package&pkgname=zlib&version=01", 404, "E_VERSION")]
    [InlineData("/?get=package&pkgname=zlib&version=../1", 404, "E_VERSION")]
    [InlineData("/?get=versions", 400, "E_PKGNAME")]
    [InlineData("/?get=versions&pkgname=nope", 404, "E_PACKAGE")]
    [InlineData("/?get=versions&pkgname=zlib", 200, "1;1.0\n")]
    public async Task Plain_answers_have_a_real_status(string target, int status, string body)
    {
        await using var farm = await LeafFarm.StartAsync();
        await farm.PublishAsync(LeafFarm.Recipe("zlib"), "a package"u8.ToArray());

        var reply = await farm.Peer().GetAsync(target);

        Assert.Equal((status, body), (reply.Status, reply.Text));
    }

    [Theory]
    [InlineData("/?get=nope", "SERV_FAILURE Bad Request.")]
    [InlineData("/?get", "SERV_FAILURE Bad Request.")]
    [InlineData("/?get=", "SERV_FAILURE Bad Request.")]
    [InlineData("/?get=PackageList", "SERV_FAILURE Bad Request.")]
    [InlineData("/?pkgname=zlib&get=package", "SERV_FAILURE Bad request.")]
    [InlineData("/?gets=packagelist", "SERV_FAILURE Bad request.")]
    [InlineData("/nope", "SERV_FAILURE Bad request.")]
    [InlineData("/auth", "SERV_FAILURE Bad request.")]
    [InlineData("/nope?get=packagelist", "SERV_FAILURE Bad request.")]
    [InlineData("/../token", "SERV_FAILURE Bad request.")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd", "SERV_FAILURE Bad request.")]
    [InlineData("/?get=packagebuild", "MISSING_DATA Missing request data")]
    [InlineData("/?get=packagebuild&pkgname=", "MISSING_DATA Missing request data")]
    [InlineData("/?get=packagebuild&pkgname=nope", "SERV_FAILURE Invalid packagebuild name.")]
    [InlineData("/?get=packagebuild&pkgname=..%2Fzlib", "SERV_FAILURE Invalid packagebuild name.")]
    public async Task What_is_no_question_is_refused_in_the_envelope(string target, string said)
    {
        await using var farm = await LeafFarm.StartAsync();

        var reply = await farm.Peer().GetAsync(target);

        Assert.Equal((200, said), (reply.Status, reply.Said));
    }

    [Fact]
    public async Task Lists_of_recipes_jobs_and_clients_are_those_of_the_socket()
    {
        await using var farm = await LeafFarm.StartAsync();
        await farm.SubmitAsync(LeafFarm.Recipe("zlib"));
        await farm.SubmitAsync(LeafFarm.Recipe("gtk+", description: "größer"));
        var done = await farm.RunAsync(await farm.QueueAsync("zlib"), "line");
        await farm.Store.CompleteAsync(done.Id, done.Attempt, new BuildOutcome.Failed("build", 1, "no"), default, Actor.Farm, CancellationToken.None);
        var running = await farm.RunAsync(await farm.QueueAsync("zlib"));
        var queued = await farm.QueueAsync("gtk+", requester: "user:mira");
        var peer = farm.Peer();

        var jobs = (await peer.GetAsync("/?get=joblist")).Json["payload"]!;

        Assert.Equal(["zlib", "gtk+"], Texts((await peer.GetAsync("/?get=packagebuildlist")).Json["payload"]!));
        Assert.Equal("""{"controllers":[],"buildbots":[]}""", (await peer.GetAsync("/?get=clientlist")).Json["payload"]!.ToJsonString());
        Assert.Equal(["completed_jobs", "running_jobs", "queued_jobs"], jobs.AsObject().Select(j => j.Key));
        Assert.Equal(
            [$"{done.Id} FAILED zlib dev1", $"{running.Id} BUILDING zlib dev1", $"{queued} WAITING gtk+ mira"],
            jobs.AsObject().SelectMany(l => l.Value!.AsArray()).Select(j => $"{j!["job_id"]} {j["job_status"]} {j["job_name"]} {j["requesting_client"]}"));
        // A plus is a plus, as it stands and as browsers write it.
        foreach (string name in (string[])["gtk+", "gtk%2B", "%67tk+"])
        {
            var recipe = await peer.GetAsync($"/?get=packagebuild&pkgname={name}");
            Assert.StartsWith("name=gtk+\nversion=1.0\ndescription=größer\nreal_version=1\n", recipe.Json["payload"]!.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(recipe.Body, b => b > '~');
        }
    }

    [Fact]
    public async Task Without_anonymous_reads_strangers_see_packages_alone()
    {
        await using var farm = await LeafFarm.StartAsync(new LeafSettings());
        await farm.PublishAsync(LeafFarm.Recipe("zlib"), "a package"u8.ToArray());
        var peer = farm.Peer();

        foreach (var (question, right) in ((string, string)[])[("packagebuildlist", "recipe:read"), ("packagebuild&pkgname=zlib", "recipe:read"), ("joblist", "job:read"), ("clientlist", "worker:read")])
            Assert.Equal($"AUTH_FAILURE This needs the right '{right}', which you do not have.", (await peer.GetAsync($"/?get={question}")).Said);
        Assert.Single((await peer.GetAsync("/?get=packagelist")).Json["payload"]!.AsArray());
        Assert.Equal("a package", (await peer.GetAsync("/?get=package&pkgname=zlib")).Text);
        Assert.Equal("1;1.0\n", (await peer.GetAsync("/?get=versions&pkgname=zlib")).Text);
        Assert.Equal(200, (await peer.GetAsync("/?get=leafpackagelist")).Status);
    }

    [Fact]
    public async Task Questions_can_be_asked_for_their_head_alone()
    {
        await using var farm = await LeafFarm.StartAsync();
        await farm.PublishAsync(LeafFarm.Recipe("zlib"), "a package"u8.ToArray());
        var peer = farm.Peer();

        foreach (string target in (string[])["/?get=packagelist", "/?get=joblist", "/?get=package&pkgname=zlib", "/?get=package&pkgname=nope", "/"])
        {
            var whole = await peer.GetAsync(target);
            var head = await peer.SendAsync("HEAD", target, null, null);
            Assert.Equal((target, whole.Status, whole.Header("Content-Length"), whole.Header("Content-Type")), (target, head.Status, head.Header("Content-Length"), head.Header("Content-Type")));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Options_are_answered_and_pages_of_other_places_may_ask_only_when_they_may(bool cors)
    {
        await using var farm = await LeafFarm.StartAsync(new LeafSettings { Cors = cors });
        var peer = farm.Peer();

        var options = await peer.SendAsync("OPTIONS", "/auth", null, null, "Origin: http://other.example", "Access-Control-Request-Method: POST");
        var list = await peer.GetAsync("/?get=packagelist");

        Assert.Equal((200, "SUCCESS OK"), (options.Status, options.Said));
        foreach (var reply in (LeafReply[])[options, list, await peer.SendAsync("OPTIONS", "/any/thing", null, null)])
            foreach (string name in (string[])["Origin", "Methods", "Headers"])
                Assert.Equal(cors ? "*" : null, reply.Header($"Access-Control-Allow-{name}"));
    }

    [Fact]
    public async Task Methods_that_nobody_knows_are_refused()
    {
        await using var farm = await LeafFarm.StartAsync();

        foreach (string method in (string[])["PUT", "DELETE", "PATCH", "TRACE"])
        {
            var reply = await farm.Peer().SendAsync(method, "/?get=packagelist", null, null);
            Assert.Equal((method, 405, "GET, HEAD, POST, OPTIONS"), (method, reply.Status, reply.Header("Allow")));
        }
    }

    private static string[] Texts(JsonNode array) => [.. array.AsArray().Select(t => t!.ToString())];
}
