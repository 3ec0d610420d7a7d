using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;

using Quern.Model;

namespace Quern.MasterHost.Tests;

public sealed class BuilderApiTests
{
    private const string Text = """
        plans: {folders: [/srv/quern-test-out]}
        locks: {board: 1}
        builders:
          - name: talk
            description: says a word twice
            locks: [board]
            properties:
              word: hello
              level: {default: quick, choices: [quick, full]}
            steps:
              - name: first
                run: [first, "${word}"]
              - name: left out
                if: properties.level == 'full'
                run: [never]
              - name: second
                run: [second, "${word}"]
          - name: upload
            properties: {name: x}
            steps:
              - upload: a
                to: /srv/quern-test-elsewhere/${name}
        """;

    [Fact]
    public async Task A_builder_runs_and_shows_its_steps_properties_and_the_output_of_each()
    {
        await using var farm = await StartAsync();
        farm.Master.Attach(new TalkingLink(), 2);
        using var client = farm.Client();

        var answer = await client.PostAsJsonAsync("/api/v1/builders/talk/runs", new JsonObject { ["properties"] = new JsonObject { ["word"] = "it's; $(x)" } });
        string id = (await MasterFixture.BodyAsync(answer))["jobs"]![0]!["id"]!.ToString();
        await client.GetStringAsync($"/api/v1/jobs/{id}/log/follow");   // ends when the job does
        var job = (await client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{id}"))!;

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(("succeeded", "talk", "[\"board\"]"), (job["state"]!.ToString(), job["builder"]!.ToString(), job["locks"]!.ToJsonString()));
        Assert.Equal("it's; $(x)", job["properties"]!["word"]!.ToString());
        Assert.Equal(id, job["properties"]!["job"]!.ToString());
        var steps = job["steps"]!.AsArray();
        Assert.Equal(["first succeeded", "left out skipped", "second succeeded"], steps.Select(s => $"{s!["name"]} {s["state"]}"));
        Assert.Equal("--- second\nsecond\nit's; $(x)\n", await client.GetStringAsync($"/api/v1/jobs/{id}/log/text?step=3"));
        var page = (await client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{id}/log?step=1&from=-1"))!;
        Assert.Equal("it's; $(x)", Assert.Single(page["lines"]!.AsArray())!["text"]!.ToString());
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/api/v1/jobs/{id}/log/text?step=9")).StatusCode);
        var runs = (await client.GetFromJsonAsync<JsonObject>("/api/v1/builders/talk/runs"))!;
        Assert.Equal(id, Assert.Single(runs["items"]!.AsArray())!["id"]!.ToString());
        string html = await client.GetStringAsync($"/jobs/{id}");
        Assert.Contains("its condition does not hold", html, StringComparison.Ordinal);
        Assert.Contains($"/api/v1/jobs/{id}/log/text?step=3", html, StringComparison.Ordinal);
        Assert.Contains($"/jobs/{id}", await client.GetStringAsync("/builders"), StringComparison.Ordinal);
        Assert.Contains("properties.level == &#x27;full&#x27;", await client.GetStringAsync("/builders/talk"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Builders_are_shown_as_the_file_says()
    {
        await using var farm = await StartAsync();
        using var client = farm.Client();

        var list = (await client.GetFromJsonAsync<JsonObject>("/api/v1/builders"))!["items"]!.AsArray();
        var talk = (await client.GetFromJsonAsync<JsonObject>("/api/v1/builders/talk"))!;
        var missing = await MasterFixture.BodyAsync(await client.GetAsync("/api/v1/builders/tlak"));

        Assert.Equal(["talk", "upload"], list.Select(b => b!["name"]!.ToString()));
        Assert.Equal(["quick", "full"], talk["properties"]![1]!["choices"]!.AsArray().Select(c => c!.ToString()));
        Assert.Equal("properties.level == 'full'", talk["steps"]![1]!["if"]!.ToString());
        Assert.EndsWith("Did you mean 'talk'?", missing["detail"]!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("talk", """{"properties":{"wrod":"x"}}""", 422, "no property 'wrod'; it has word, level")]
    [InlineData("talk", """{"properties":{"level":"slow"}}""", 422, "one of quick, full, not 'slow'")]
    [InlineData("talk", """{"propertes":{}}""", 400, "propertes")]
    [InlineData("talk", """{"properties":{"word":null}}""", 400, "word")]
    [InlineData("talk", """{"title":""}""", 400, "'title'")]
    [InlineData("nothing", "{}", 404, "no builder 'nothing'")]
    [InlineData("upload", "{}", 422, "plans ")]
    [InlineData("upload", """{"properties":{"name":"../x"}}""", 422, "'..'")]
    public async Task What_is_wrong_with_a_run_is_said_and_nothing_is_taken(string builder, string body, int status, string says)
    {
        await using var farm = await StartAsync();
        using var client = farm.Client();

        var answer = await client.PostAsync($"/api/v1/builders/{builder}/runs", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(says, (await MasterFixture.BodyAsync(answer))["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Empty((await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs"))!["items"]!.AsArray());
    }

    [Fact]
    public async Task A_run_sent_twice_with_one_key_is_one_job()
    {
        await using var farm = await StartAsync();
        using var client = farm.Client();
        var request = new JsonObject { ["idempotency_key"] = "k" };

        var first = await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/builders/talk/runs", request));
        var second = await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/builders/talk/runs", request));

        Assert.Equal(first["jobs"]![0]!["id"]!.ToString(), second["jobs"]![0]!["id"]!.ToString());
    }

    [Fact]
    public async Task Who_may_run_builders_may_not_run_plans_and_who_may_read_may_not_run()
    {
        await using var farm = await StartAsync();
        using var runner = await farm.ClientMayAsync(Right.BuilderRun, Right.JobSubmit);
        using var reader = await farm.ClientMayAsync(Right.BuilderRead);

        Assert.Equal(HttpStatusCode.Created, (await runner.PostAsJsonAsync("/api/v1/builders/talk/runs", new JsonObject())).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await runner.PostAsJsonAsync("/api/v1/jobs", new JsonObject { ["jobs"] = new JsonArray(MasterFixture.Plan("true")) })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await reader.GetAsync("/api/v1/builders")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await reader.PostAsJsonAsync("/api/v1/builders/talk/runs", new JsonObject())).StatusCode);
    }

    [Theory]
    [InlineData("""{"steps":[{"name":"x","secret_input":"token","command":{"kind":"shell","script":"cat"}}]}""", "gets no secrets")]
    [InlineData("""{"steps":[{"name":"x","command":{"kind":"download_file","source":{"from":"secret","name":"token"},"worker_path":"a"}}]}""", "gets no secrets")]
    [InlineData("""{"builder":"talk","steps":[{"name":"x","command":{"kind":"shell","script":"true"}}]}""", "compiles itself")]
    [InlineData("""{"steps":[{"name":"x","if":"steps.y == 'failed'","command":{"kind":"shell","script":"true"}}]}""", "step 'x': 'if', column 7: there is no step 'y' before this one.")]
    [InlineData("""{"steps":[null]}""", "a step is null")]
    [InlineData("""{"steps":[{"name":"x","time_limit":"00:00:00","command":{"kind":"shell","script":"true"}}]}""", "time limit")]
    public async Task Explicit_plans_get_no_more_than_they_should(string plan, string says)
    {
        await using var farm = await StartAsync();
        using var client = farm.Client();

        var answer = await client.PostAsync("/api/v1/jobs", new StringContent($$"""{"jobs":[{"plan":{{plan}}}]}""", System.Text.Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains(says, (await MasterFixture.BodyAsync(answer))["detail"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_a_job_waits_names_the_lock_and_its_holder()
    {
        await using var farm = await StartAsync();
        using var client = farm.Client();
        await client.PostAsJsonAsync("/api/v1/builders/talk/runs", new JsonObject());
        await client.PostAsJsonAsync("/api/v1/builders/talk/runs", new JsonObject());
        var jobs = await farm.Master.Store.ListJobsAsync(new Storage.JobFilter(), CancellationToken.None);
        await farm.Master.Store.ClaimAsync([new Storage.Claim(jobs[1].Id, new Model.WorkerName("elsewhere"), "p", "other gate", TimeProvider.System.GetUtcNow().AddHours(1))], CancellationToken.None);
        farm.Master.Attach(new TalkingLink(), 2);
        using var events = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        for (long seen = farm.Master.Store.LastSequence; farm.Master.Pool.Standings().IsEmpty; seen = farm.Master.Store.LastSequence)
            await farm.Master.Store.WaitPastAsync(seen, events.Token);

        var why = (await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs/2/why"))!;

        Assert.Equal("talk waits for the lock board, which job 1 holds.", why["sentence"]!.ToString());
        Assert.Contains("lock board: held by 1 of 1 jobs", why["details"]!.AsArray().Select(d => d!.ToString()));
    }

    private static Task<MasterFixture> StartAsync() =>
        MasterFixture.StartAsync(Assert.IsType<ConfigurationResult.Read>(ConfigurationFile.Parse("quern.yaml", Text)).Configuration);
}
