using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests;

public sealed class JobApiTests
{
    [Fact]
    public async Task A_plan_is_taken_runs_and_its_log_can_be_read_in_every_way()
    {
        await using var farm = await MasterFixture.StartAsync();
        farm.Master.Attach(new TalkingLink(), 2);
        using var client = farm.Client();
        var submitted = await client.PostAsJsonAsync("/api/v1/jobs", new JsonObject { ["jobs"] = new JsonArray(MasterFixture.Plan("one", "two", "three")) });
        string id = (await MasterFixture.BodyAsync(submitted))["jobs"]![0]!["id"]!.ToString();

        string followed = await client.GetStringAsync($"/api/v1/jobs/{id}/log/follow");   // ends when the job does
        var job = await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs/1");
        var page = await client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{id}/log?from=2&lines=1");
        var last = await client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{id}/log?from=-1");
        string text = await client.GetStringAsync($"/api/v1/jobs/{id}/log/text");

        Assert.Contains("event: end\ndata: {\"id\":\"" + id, followed, StringComparison.Ordinal);
        Assert.Contains("\"text\":\"two\"", followed, StringComparison.Ordinal);
        Assert.Equal("succeeded", job!["state"]!.ToString());
        Assert.Equal("two", page!["lines"]!.AsArray().Single()!["text"]!.ToString());
        Assert.Equal("three", last!["lines"]!.AsArray().Single()!["text"]!.ToString());
        Assert.Equal("one\ntwo\nthree\n", text);
    }

    [Fact]
    public async Task Jobs_are_listed_page_by_page_each_once()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        await MasterFixture.SubmitAsync(client, 5);

        var numbers = new List<long>();
        string query = "/api/v1/jobs?limit=2";
        while (true)
        {
            var page = await client.GetFromJsonAsync<JsonObject>(query);
            numbers.AddRange(page!["items"]!.AsArray().Select(j => j!["number"]!.GetValue<long>()));
            if (page["next"] is null) break;
            query = $"/api/v1/jobs?limit=2&before={page["next"]}";
        }

        Assert.Equal([5, 4, 3, 2, 1], numbers);
    }

    [Theory]
    [InlineData("{", 400, "not understood at $")]
    [InlineData("{\"jobs\":[]}", 400, "at least one job")]
    [InlineData("{\"jobs\":[{}]}", 400, "either 'recipe' or 'plan'")]
    [InlineData("{\"jobs\":[{\"plann\":1}]}", 400, "plann")]
    [InlineData("{\"jobs\":null}", 400, "$.jobs")]
    [InlineData("{\"jobs\":[{\"plan\":{\"steps\":[]}}]}", 400, "1 to 1000 steps")]
    [InlineData("{\"jobs\":[{\"plan\":{\"steps\":[{\"name\":\"x\",\"command\":{\"kind\":\"format_disk\"}}]}}]}", 400, "$.jobs[0].plan")]
    [InlineData("{\"jobs\":[{\"builder\":\"../up\",\"plan\":{\"steps\":[{\"name\":\"x\",\"command\":{\"kind\":\"mkdir\",\"paths\":[\"a\"]}}]}}]}", 400, "builder")]
    [InlineData("{\"jobs\":[{\"workers\":[\"a|b\"],\"plan\":{\"steps\":[{\"name\":\"x\",\"command\":{\"kind\":\"mkdir\",\"paths\":[\"a\"]}}]}}]}", 400, "a|b")]
    [InlineData("{\"jobs\":[{\"needs\":[\"99\"],\"plan\":{\"steps\":[{\"name\":\"x\",\"command\":{\"kind\":\"mkdir\",\"paths\":[\"a\"]}}]}}]}", 422, "'99'")]
    [InlineData("{\"jobs\":[{\"needs\":[\"@0\"],\"plan\":{\"steps\":[{\"name\":\"x\",\"command\":{\"kind\":\"mkdir\",\"paths\":[\"a\"]}}]}}]}", 422, "circle")]
    [InlineData("{\"jobs\":[{\"plan\":{\"steps\":[{\"name\":\"x\",\"command\":{\"kind\":\"download_file\",\"source\":{\"from\":\"file\",\"path\":\"/etc/shadow\"},\"worker_path\":\"a\"}}]}}]}", 422, "plans.folders")]
    [InlineData("{\"jobs\":[{\"recipe\":{\"name\":\"nothing\"}}]}", 422, "no recipe 'nothing'")]
    [InlineData("{\"jobs\":[{\"recipe\":{\"name\":\"../etc\"}}]}", 422, "not a package name")]
    public async Task What_is_wrong_with_a_submission_is_said_and_nothing_is_taken(string body, int status, string says)
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();

        var answer = await client.PostAsync("/api/v1/jobs", new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains(says, (await MasterFixture.BodyAsync(answer))["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Empty((await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs"))!["items"]!.AsArray());
    }

    [Fact]
    public async Task An_explicit_plan_needs_its_own_right()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = await farm.ClientMayAsync(Right.JobSubmit, Right.JobRead);

        var answer = await client.PostAsJsonAsync("/api/v1/jobs", new JsonObject { ["jobs"] = new JsonArray(MasterFixture.Plan("true")) });

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("plan:run", (await MasterFixture.BodyAsync(answer))["detail"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_not_read()
    {
        await using var farm = await MasterFixture.StartAsync(FarmConfiguration.Empty with { Limits = new LimitSettings { RequestBytes = 1000 } });
        using var client = farm.Client();

        var answer = await client.PostAsync("/api/v1/jobs", new StringContent(new string(' ', 5000), Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task The_same_key_gives_the_same_jobs()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        var request = new JsonObject { ["jobs"] = new JsonArray(MasterFixture.Plan("true")), ["idempotency_key"] = "k" };

        string first = await (await client.PostAsJsonAsync("/api/v1/jobs", request)).Content.ReadAsStringAsync();
        string second = await (await client.PostAsJsonAsync("/api/v1/jobs", request)).Content.ReadAsStringAsync();

        Assert.Equal(first, second);
        Assert.Single((await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs"))!["items"]!.AsArray());
    }

    [Fact]
    public async Task A_waiting_job_says_why_and_is_cancelled_with_its_reason()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        await MasterFixture.SubmitAsync(client, 1);

        var why = await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs/1/why");
        var cancelled = await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/jobs/1/cancel", new JsonObject { ["reason"] = "no longer wanted" }));
        var again = await client.PostAsJsonAsync("/api/v1/jobs/1/cancel", new JsonObject());

        Assert.Contains("no worker is connected", why!["sentence"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(("cancelled", "no longer wanted"), (cancelled["state"]!.ToString(), cancelled["reason"]!.ToString()));
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
    }

    [Fact]
    public async Task A_finished_package_is_downloaded_whole_in_part_and_only_if_changed()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        var stored = await PublishAsync(farm, client, "the package"u8.ToArray());

        var whole = await client.GetAsync("/api/v1/packages/aaa/download");
        using var part = new HttpRequestMessage(HttpMethod.Get, "/api/v1/packages/aaa/download");
        part.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(4, 6);
        using var unchanged = new HttpRequestMessage(HttpMethod.Get, "/api/v1/packages/aaa/download");
        unchanged.Headers.TryAddWithoutValidation("If-None-Match", $"\"{stored}\"");
        var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/api/v1/packages/aaa/download"));

        Assert.Equal("the package", await whole.Content.ReadAsStringAsync());
        Assert.Equal($"\"{stored}\"", whole.Headers.ETag!.Tag);
        Assert.Equal("pac", await (await client.SendAsync(part)).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NotModified, (await client.SendAsync(unchanged)).StatusCode);
        Assert.Equal(11, head.Content.Headers.ContentLength);
        Assert.Equal("1.0", (await client.GetFromJsonAsync<JsonObject>("/api/v1/packages"))!["items"]![0]!["version"]!.ToString());
    }

    /// <summary>Does what a worker and the gate would do for the package aaa.</summary>
    private static async Task<Sha256Hash> PublishAsync(MasterFixture farm, HttpClient client, byte[] content)
    {
        await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = RecipeApiTests.Recipe("aaa") });
        Assert.Equal(HttpStatusCode.Created, (await client.PostAsJsonAsync("/api/v1/jobs", new JsonObject { ["jobs"] = new JsonArray(new JsonObject { ["recipe"] = new JsonObject { ["name"] = "aaa" } }) })).StatusCode);
        var store = farm.Get<FarmStore>();
        var row = await store.FindJobAsync("1", CancellationToken.None);
        var claimed = await store.ClaimAsync([new Claim(row!.Id, new WorkerName("w"), "slot-1", "gate", row.CreatedAt.AddHours(1))], CancellationToken.None);
        await using var writer = farm.Get<BlobStore>().Create(1000);
        await writer.WriteAsync(content);
        var blob = await writer.CommitAsync();
        await store.CompleteAsync(row.Id, claimed[0].Attempt, new BuildOutcome.Succeeded([new ProducedArtifact(blob.Sha256, blob.Bytes)]), new JobLogFacts(0, 0), Actor.Farm, CancellationToken.None);
        return blob.Sha256;
    }
}
