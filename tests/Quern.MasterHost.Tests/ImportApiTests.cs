using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.MasterHost.Access;
using Quern.MasterHost.Tests.Branch;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Peers.Recipes;

namespace Quern.MasterHost.Tests;

/// <summary>Packages and sources that other farms made.</summary>
public sealed class ImportApiTests
{
    private const string Id = "c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30";

    private static Task<byte[]> FileAsync(string name = "zlib", string real = "3", string[]? runs = null) => LeafPackage.MakeAsync(BranchFarm.Recipe(name, realVersion: real, runs: runs));

    [Fact]
    public async Task A_package_of_another_farm_is_published_and_serves_builds()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        byte[] file = await FileAsync(runs: ["glibc"]);
        string hash = Sha256Hash.Of(file).Hex;

        using var added = await client.PutAsync($"/api/v1/packages/zlib/3?version=1.2.13&architecture=x86_64&sha256={hash}", new ByteArrayContent(file));
        using var again = await client.PutAsync("/api/v1/packages/zlib/3?version=1.2.13&architecture=x86_64", new ByteArrayContent(file));
        var listed = await client.GetFromJsonAsync<JsonObject>("/api/v1/packages/zlib");
        byte[] got = await client.GetByteArrayAsync("/api/v1/packages/zlib/download?architecture=x86_64");
        string page = await client.GetStringAsync("/packages");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (added.StatusCode, again.StatusCode));
        var model = Assert.Single(listed!["items"]!.AsArray())!;
        Assert.Equal(("zlib", "3", "1.2.13", hash, null), (model["name"]!.ToString(), model["real_version"]!.ToString(), model["version"]!.ToString(), model["sha256"]!.ToString(), model["job"]));
        Assert.Equal(file, got);
        Assert.Contains("imported", page, StringComparison.Ordinal);
        Assert.Contains("architecture=x86_64&amp;real_version=3\"", page.Replace("&real", "&amp;real", StringComparison.Ordinal), StringComparison.Ordinal);
        // A build that needs it lays it under the version it has, with what it needs to run, whatever the recipe says by now.
        await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = RecipeApiTests.Recipe("zlib", realVersion: "9") });
        var planned = (await new PackageShelf(farm.Master.Store).FindAsync(new PackageName("zlib"), BuildEnvironment.Release, "x86_64", CancellationToken.None))!;
        Assert.Equal(("1.2.13", hash, "glibc"), (planned.Version, planned.Sha256.Hex, Assert.Single(planned.Dependencies).Value));
    }

    [Fact]
    public async Task Another_file_of_the_same_name_stays_out_unless_it_shall_replace()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        byte[] first = await FileAsync(), second = await FileAsync(runs: ["glibc"]);
        const string Path = "/api/v1/packages/zlib/3?version=1.2.13";

        await client.PutAsync(Path, new ByteArrayContent(first));
        using var other = await client.PutAsync(Path, new ByteArrayContent(second));
        using var cross = await client.PutAsync(Path + "&environment=cross", new ByteArrayContent(second));
        using var replaced = await client.PutAsync(Path + "&replace=true", new ByteArrayContent(second));

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Created, HttpStatusCode.Created), (other.StatusCode, cross.StatusCode, replaced.StatusCode));
        Assert.Equal(second, await client.GetByteArrayAsync("/api/v1/packages/zlib/download"));
    }

    [Theory]
    [InlineData("/api/v1/packages/zlib/3?version=1.2.14", 422, "does not lie below")]
    [InlineData("/api/v1/packages/zlib/4?version=1.2.13", 422, "its leaf.pkg says zlib 1.2.13-3")]
    [InlineData("/api/v1/packages/zlib/3?version=1.2.13&sha256=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 422, "arrived with SHA-256")]
    [InlineData("/api/v1/packages/zlib/3?version=1.2.13&sha256=12", 400, "64 hexadecimal digits")]
    [InlineData("/api/v1/packages/zlib/x?version=1.2.13", 400, "1 to 9 digits")]
    [InlineData("/api/v1/packages/zlib/3?version=..%2F..", 400, "'version' must be")]
    [InlineData("/api/v1/packages/z%20b/3?version=1", 400, "not a package name")]
    [InlineData("/api/v1/packages/zlib/3?version=1.2.13&environment=debug", 400, "'debug' is not an environment")]
    [InlineData("/api/v1/packages/zlib/3?version=1.2.13&architecture=amd64", 400, "Did you mean 'x86_64'?")]
    public async Task What_the_file_or_the_address_does_not_bear_out_is_refused(string path, int status, string says)
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();

        using var answer = await client.PutAsync(path, new ByteArrayContent(await FileAsync()));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(says, (await MasterFixture.BodyAsync(answer))["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/api/v1/packages/zlib")).StatusCode);
    }

    [Fact]
    public async Task What_is_too_large_is_refused_before_it_has_all_come()
    {
        await using var farm = await MasterFixture.StartAsync(MasterFixture.ReleaseOnly with { Limits = new() { PackageBytes = 1000, SourceBytes = 1000 } });
        using var client = farm.Client();

        using var announced = await client.SendAsync(new HttpRequestMessage(HttpMethod.Put, "/api/v1/packages/zlib/3?version=1") { Content = new ByteArrayContent(new byte[100_000]), Headers = { ExpectContinue = true } });
        using var source = await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, $"/api/v1/sources?filename=a&id={Id}") { Content = new ByteArrayContent(new byte[100_000]), Headers = { ExpectContinue = true } });

        Assert.Equal(((HttpStatusCode)413, (HttpStatusCode)413), (announced.StatusCode, source.StatusCode));
        Assert.Contains("limits.package_bytes", (await MasterFixture.BodyAsync(announced))["detail"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publishing_what_others_built_is_a_right_of_its_own()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var reader = await farm.ClientMayAsync(Right.PackageRead, Right.RecipeWrite, Right.SourceWrite);
        using var writer = await farm.ClientMayAsync(Right.PackageWrite);
        byte[] file = await FileAsync();

        using var refused = await reader.PutAsync("/api/v1/packages/zlib/3?version=1.2.13", new ByteArrayContent(file));
        using var taken = await writer.PutAsync("/api/v1/packages/zlib/3?version=1.2.13", new ByteArrayContent(file));

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Created), (refused.StatusCode, taken.StatusCode));
        Assert.DoesNotContain(Right.PackageWrite, BranchRights.OfControllers);
        var published = Assert.Single(await farm.Master.Store.ReadJournalAsync(0, 1000, CancellationToken.None), e => e.Kind == "artifact.published");
        Assert.Equal(("zlib", "user:test"), (published.Subject, published.Actor));
    }

    [Fact]
    public async Task A_source_is_kept_under_the_id_it_had_and_another_file_does_not_get_it()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();

        using var added = await client.PostAsync($"/api/v1/sources?filename=fix.patch&description=a%20fix&id={Id}", new ByteArrayContent("hello"u8.ToArray()));
        using var again = await client.PostAsync($"/api/v1/sources?filename=fix.patch&id={Id}", new ByteArrayContent("hello"u8.ToArray()));
        using var other = await client.PostAsync($"/api/v1/sources?filename=fix.patch&id={Id}", new ByteArrayContent("world"u8.ToArray()));
        using var upper = await client.PostAsync($"/api/v1/sources?filename=fix.patch&id={Id.ToUpperInvariant()}", new ByteArrayContent("hello"u8.ToArray()));

        Assert.Equal([201, 200, 409, 400], new[] { added, again, other, upper }.Select(a => (int)a.StatusCode));
        var source = Assert.Single((await client.GetFromJsonAsync<JsonObject>("/api/v1/sources"))!["items"]!.AsArray())!;
        Assert.Equal((Id, "a fix"), (source["id"]!.ToString(), source["description"]!.ToString()));
    }

    [Fact]
    public async Task A_dry_batch_tells_its_steps_its_unknown_names_and_what_comes_too_early_and_queues_nothing()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        foreach (string text in (string[])[RecipeApiTests.Recipe("lib"), RecipeApiTests.Recipe("app", "[lib]")])
            await client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = text });
        var request = new JsonObject { ["dry_run"] = true, ["steps"] = new JsonArray(new JsonArray("app", "gone"), new JsonArray(), new JsonArray("lib")) };

        using var answer = await client.PostAsJsonAsync("/api/v1/batches", request);
        var plan = await MasterFixture.BodyAsync(answer);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"packages":3,"steps":[["app","gone"],["lib"]],"unknown":["gone"],"doubts":["app of step 1 needs lib, which is built in step 2."]}""", plan.ToJsonString());
        Assert.Empty((await client.GetFromJsonAsync<JsonObject>("/api/v1/jobs"))!["items"]!.AsArray());
    }
}
