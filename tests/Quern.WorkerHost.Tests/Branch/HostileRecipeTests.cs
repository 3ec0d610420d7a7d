using System.Text.Json.Nodes;

namespace Quern.WorkerHost.Tests.Branch;

/// <summary>Recipes that no bot should build, and sources that are not what they should be.</summary>
public sealed class HostileRecipeTests(SmallRoot root) : ReadyBot(root)
{
    [Theory]
    [InlineData("name", "../evil", "name: it has")]
    [InlineData("name", "a b", "name: it has")]
    [InlineData("version", "../../etc", "version: it has")]
    [InlineData("version", "1$(id)", "version: it has")]
    [InlineData("real_version", "²", "real_version: it has")]
    public async Task Names_and_versions_that_are_no_part_of_a_path_are_refused(string key, string value, string reason)
    {
        var master = await ReadyAsync();
        var recipe = MasterScript.Recipe("zlib", "true");
        recipe[key] = value;

        Assert.True(await master.BuildAsync(recipe));

        Assert.Equal(["REPORTSTATUSUPDATE JOB_ACCEPTED", "APPENDLOG", "REPORTSTATUSUPDATE BUILD_FAILED", "SIGREADY"], master.Said);
        Assert.Contains(reason, Assert.Single(master.Log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dependencies_that_are_no_names_or_in_no_list_are_refused()
    {
        var master = await ReadyAsync();
        var recipe = MasterScript.Recipe("zlib", "true");
        recipe["build_dependencies"] = new JsonArray("../../etc");
        Assert.True(await master.BuildAsync(recipe));
        Assert.Contains("build_dependencies: an entry is no package name", master.Log[^1], StringComparison.Ordinal);

        recipe["build_dependencies"] = new JsonArray("ghost", "phantom");
        Assert.True(await master.BuildAsync(recipe));

        Assert.Equal("[Builder] the package list lacks ghost, phantom", master.Log[^1]);
    }

    [Theory]
    [InlineData("../../../../tmp/quern-evil", "quern-evil")]
    [InlineData("/etc/quern-evil", "quern-evil")]
    [InlineData("a b;$(id)", "a b;$(id)")]
    public async Task A_source_of_the_master_lies_in_the_folder_of_the_build_whatever_it_is_called(string name, string kept)
    {
        var master = await ReadyAsync();
        var recipe = MasterScript.Recipe("zlib", "ls");
        recipe["extra_sources"] = new JsonArray("c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30");
        master.Sources["c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30"] = (name, "hello"u8.ToArray());

        Assert.True(await master.BuildAsync(recipe));

        Assert.Contains(kept, master.Log);
        Assert.False(File.Exists("/tmp/quern-evil") || File.Exists("/etc/quern-evil"));
    }

    [Theory]
    [InlineData("..", 5, "no name that a file can have")]
    [InlineData("a/", 5, "no name that a file can have")]
    [InlineData("x\n", 5, "no name that a file can have")]
    [InlineData("big", 1L << 40, "at most")]
    [InlineData("less", -1, "has -1 bytes")]
    public async Task A_source_that_can_be_no_file_fails_the_build(string name, long length, string reason)
    {
        var master = await ReadyAsync();
        var recipe = MasterScript.Recipe("zlib", "true");
        recipe["extra_sources"] = new JsonArray("c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30");
        master.Answers["GETEXTRASOURCEINFO c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30"] =
            new JsonObject { ["statuscode"] = 200, ["payload"] = new JsonObject { ["filename"] = name, ["datalength"] = length } }.ToJsonString();

        Assert.True(await master.BuildAsync(recipe));

        Assert.Contains(reason, master.Log[^1], StringComparison.Ordinal);
        Assert.Contains("REPORTSTATUSUPDATE BUILD_FAILED", master.Said);
    }

    [Theory]
    [InlineData("file:/etc/shadow")]
    [InlineData("deb-src:zlib")]
    [InlineData("ftp://h/x")]
    public async Task A_source_from_anywhere_but_the_web_is_refused(string source)
    {
        var master = await ReadyAsync();
        var recipe = MasterScript.Recipe("zlib", "true");
        recipe["source"] = source;

        Assert.True(await master.BuildAsync(recipe));

        Assert.Contains("fetches nothing else", master.Log[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_web_page_with_an_error_is_no_source()
    {
        var master = await ReadyAsync();
        var recipe = MasterScript.Recipe("zlib", "true");
        recipe["source"] = Small.Repository.Web.Url + "/nowhere/zlib.tar.xz";

        Assert.True(await master.BuildAsync(recipe));

        Assert.EndsWith("is answered with 404 Not Found", master.Log[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::1]")]
    [InlineData("169.254.169.254")]
    [InlineData("10.0.0.1")]
    public async Task A_source_at_a_private_address_is_not_fetched_unless_the_administrator_says_so(string host)
    {
        var master = await ReadyAsync(adjust: o => o with { PrivateSources = false });
        var recipe = MasterScript.Recipe("zlib", "true");
        recipe["source"] = $"http://{host}:{new Uri(Small.Repository.Web.Url).Port}/secret";
        Small.Repository.Web.Put("/secret", "secret"u8.ToArray());

        Assert.True(await master.BuildAsync(recipe));

        Assert.Contains("start the worker with --private-sources yes", master.Log[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("/secret", Small.Repository.Web.Asked);
    }
}
