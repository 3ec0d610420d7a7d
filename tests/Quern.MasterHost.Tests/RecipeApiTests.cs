using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;
using Quern.Packaging.Planning;

namespace Quern.MasterHost.Tests;

public sealed class RecipeApiTests
{
    public static string Recipe(string name, string needs = "", string realVersion = "1") =>
        $"name={name}\nversion=1.0\nreal_version={realVersion}\n{(needs.Length > 0 ? $"builddeps={needs}\n" : "")}build={{\nmake\n}}\n";

    [Fact]
    public async Task A_recipe_with_errors_is_refused_with_their_places()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();

        var answer = await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = "name=a b\nversion=1\nreal_version=1\nbuild={\nmake\n}\n" });
        var body = await MasterFixture.BodyAsync(answer);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains(body["problems"]!.AsArray(), p => p!["line"]!.GetValue<int>() == 1 && p["severity"]!.ToString() == "error");
    }

    [Fact]
    public async Task Each_change_is_a_revision_that_can_be_read_and_compared()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = Recipe("aaa") });
        await client.PutAsJsonAsync("/api/v1/recipes/aaa", new JsonObject { ["text"] = Recipe("aaa", realVersion: "2"), ["note"] = "again" });
        var same = await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = Recipe("aaa", realVersion: "2") }));

        var history = await client.GetFromJsonAsync<JsonObject>("/api/v1/recipes/aaa/history");
        var diff = await client.GetFromJsonAsync<JsonObject>("/api/v1/recipes/aaa/diff");
        string old = await client.GetStringAsync("/api/v1/recipes/aaa/text?revision=1");

        Assert.False(same["changed"]!.GetValue<bool>());
        Assert.Equal(2, history!["items"]!.AsArray().Count);
        Assert.Contains("-real_version=1\n+real_version=2\n", diff!["text"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(Recipe("aaa"), old);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.PutAsJsonAsync("/api/v1/recipes/other", new JsonObject { ["text"] = Recipe("aaa") })).StatusCode);
    }

    [Fact]
    public async Task A_submission_of_ten_keys_keeps_the_farms_own_keys_and_the_journal_says_so()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        string hash = new('a', 64);
        await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject
        {
            ["text"] = $"# a comment\nname=aaa\nversion=1.0\nreal_version=1\nsource=https://example.org/a.tar.gz\nsha256=[{hash}]\nnetwork=yes\nbuild={{\nmake\n}}\n",
        });
        JsonObject TenKeys(string source) => new()
        {
            ["package"] = new JsonObject
            {
                ["name"] = "aaa",
                ["version"] = "1.1",
                ["real_version"] = "2",
                ["dependencies"] = new JsonArray(),
                ["build_dependencies"] = new JsonArray(),
                ["cross_dependencies"] = new JsonArray(),
                ["source"] = source,
                ["extra_sources"] = new JsonArray(),
                ["description"] = "",
                ["build_script"] = new JsonArray("make"),
            },
        };

        await client.PostAsJsonAsync("/api/v1/recipes", TenKeys("https://example.org/a.tar.gz"));
        string kept = await client.GetStringAsync("/api/v1/recipes/aaa/text");
        await client.PostAsJsonAsync("/api/v1/recipes", TenKeys("https://example.org/b.tar.gz"));
        string moved = await client.GetStringAsync("/api/v1/recipes/aaa/text");
        string branch = await client.GetStringAsync("/api/v1/recipes/aaa/text?dialect=branch&revision=1");
        var history = await client.GetFromJsonAsync<JsonObject>("/api/v1/recipes/aaa/history");

        Assert.Contains(hash, kept, StringComparison.Ordinal);
        Assert.Contains("network=", kept, StringComparison.Ordinal);
        Assert.DoesNotContain(hash, moved, StringComparison.Ordinal);
        Assert.DoesNotContain("comment", branch, StringComparison.Ordinal);
        Assert.DoesNotContain("sha256", branch, StringComparison.Ordinal);
        Assert.All(branch.Split("build={")[0].Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Contains('=', line));
        Assert.Contains(history!["items"]!.AsArray(), i => i!["note"]!.ToString().Contains("previous revision", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_build_queues_what_is_not_built_yet_first_and_a_second_one_waits_for_the_same_jobs()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        foreach (string text in (string[])[Recipe("lib"), Recipe("tool", "[lib]"), Recipe("app", "[tool]")])
            await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = text });

        var first = await BuildAsync(client, "app");
        var second = await BuildAsync(client, "tool");

        Assert.Equal(["app", "tool", "lib"], first.Select(j => j!["title"]!.ToString()));
        Assert.Equal(["tool"], second.Select(j => j!["title"]!.ToString()));
        var app = await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs/1");
        Assert.Equal("blocked", app!["state"]!.ToString());
        Assert.Equal([first[1]!["id"]!.ToString()], app["needs"]!.AsArray().Select(n => n!.ToString()));
        var again = await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs/4");
        Assert.Equal([first[2]!["id"]!.ToString()], again!["needs"]!.AsArray().Select(n => n!.ToString()));
    }

    [Fact]
    public async Task A_rebuild_shows_its_layers_first_and_then_queues_them_in_order()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        foreach (string text in (string[])[Recipe("lib"), Recipe("left", "[lib]"), Recipe("right", "[lib]"), Recipe("top", "[left][right]"), Recipe("other")])
            await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = text });

        var dry = await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/packages/lib/rebuild", new JsonObject { ["dry_run"] = true }));
        Assert.Empty((await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs"))!["items"]!.AsArray());
        var real = await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/packages/lib/rebuild", new JsonObject()));
        var batch = await client.GetFromJsonAsync<JsonObject>($"/api/v1/batches/{real["batch"]}");

        Assert.Equal("[[\"lib\"],[\"left\",\"right\"],[\"top\"]]", dry["layers"]!.ToJsonString());
        Assert.Equal(4, real["jobs"]!.AsArray().Count);
        Assert.Equal("{\"blocked\":3,\"ready\":1}", batch!["counts"]!.ToJsonString());
    }

    [Fact]
    public async Task An_unknown_dependency_and_a_circle_are_refused_by_name()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        foreach (string text in (string[])[Recipe("lost", "[nowhere]"), Recipe("egg", "[hen]"), Recipe("hen", "[egg]")])
            await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = text });

        var unknown = await client.PostAsJsonAsync("/api/v1/jobs", Request("lost"));
        var circle = await client.PostAsJsonAsync("/api/v1/jobs", Request("egg"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, unknown.StatusCode);
        Assert.Contains("'lost' needs 'nowhere'", (await MasterFixture.BodyAsync(unknown))["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("egg needs hen needs egg", (await MasterFixture.BodyAsync(circle))["detail"]!.ToString(), StringComparison.Ordinal);
    }

    public static TheoryData<string, JsonObject> BuildRequests => new()
    {
        { "jobs", Request("tool", "ENV") },
        { "batches", new JsonObject { ["steps"] = new JsonArray(new JsonArray("tool")), ["environment"] = "ENV" } },
        { "packages/tool/rebuild", new JsonObject { ["environment"] = "ENV" } },
    };

    [Theory]
    [MemberData(nameof(BuildRequests))]
    public async Task A_build_for_an_environment_that_the_farm_does_not_have_is_refused_at_once(string path, JsonObject request)
    {
        await using var farm = await MasterFixture.StartAsync(
            FarmConfiguration.Empty with { Release = new EnvironmentSettings { Isolation = Isolation.Host, Enabled = false } });
        using var client = farm.Client();
        await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = Recipe("tool") });

        foreach (var (environment, reason) in ((string, string)[])[("cross", "quern.yaml has no environments.cross"), ("release", "environments.release.enabled is false")])
        {
            var content = new StringContent(request.ToJsonString().Replace("ENV", environment, StringComparison.Ordinal), null, "application/json");
            var answer = await client.PostAsync($"/api/v1/{path}", content);

            Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
            Assert.Contains($"tool cannot be built for {environment}: {reason}", (await MasterFixture.BodyAsync(answer))["detail"]!.ToString(), StringComparison.Ordinal);
        }
        Assert.Empty((await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs"))!["items"]!.AsArray());
    }

    [Theory]
    [MemberData(nameof(BuildRequests))]
    public async Task A_recipe_is_built_only_for_the_architectures_that_it_names(string path, JsonObject request)
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = Recipe("tool") + "architectures=[riscv64][s390x]\n" });

        var content = new StringContent(request.ToJsonString().Replace("ENV", "release", StringComparison.Ordinal), null, "application/json");
        var answer = await client.PostAsync($"/api/v1/{path}", content);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("'tool' is not for ", (await MasterFixture.BodyAsync(answer))["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Empty((await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs"))!["items"]!.AsArray());
    }

    [Theory]
    [InlineData("amd64", "Did you mean 'x86_64'?")]
    [InlineData("x86-64", "letters, digits and underscores")]
    public async Task A_word_that_no_worker_calls_its_architecture_is_refused(string word, string reason)
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = Recipe("tool") });
        var job = Request("tool");
        job["jobs"]![0]!["recipe"]!["architecture"] = word;

        var answers = new[]
        {
            await client.PostAsJsonAsync("/api/v1/jobs", job),
            await client.PostAsJsonAsync("/api/v1/batches", new JsonObject { ["steps"] = new JsonArray(new JsonArray("tool")), ["architecture"] = word }),
            await client.PostAsJsonAsync("/api/v1/packages/tool/rebuild", new JsonObject { ["architecture"] = word }),
        };

        foreach (var answer in answers)
            Assert.Contains(reason, (await MasterFixture.BodyAsync(answer))["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Empty((await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs"))!["items"]!.AsArray());
    }

    [Fact]
    public async Task A_source_is_kept_by_content_and_removed()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();

        var added = await MasterFixture.BodyAsync(await client.PostAsync("/api/v1/sources?filename=a.patch&description=mine", new ByteArrayContent("abc"u8.ToArray())));
        var bad = await client.PostAsync("/api/v1/sources?filename=..%2Fx", new ByteArrayContent([1]));
        var removed = await client.DeleteAsync($"/api/v1/sources/{added["id"]}");

        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", added["sha256"]!.ToString());
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Empty((await client.GetFromJsonAsync<JsonObject>("/api/v1/sources"))!["items"]!.AsArray());
    }

    private static JsonObject Request(string name, string environment = "release") =>
        new() { ["jobs"] = new JsonArray(new JsonObject { ["recipe"] = new JsonObject { ["name"] = name, ["environment"] = environment } }) };

    private static async Task<JsonArray> BuildAsync(HttpClient client, string name)
    {
        var answer = await client.PostAsJsonAsync("/api/v1/jobs", Request(name));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await MasterFixture.BodyAsync(answer))["jobs"]!.AsArray();
    }
}
