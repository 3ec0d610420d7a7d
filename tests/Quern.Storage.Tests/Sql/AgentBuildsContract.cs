using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

/// <summary>Agents made to order, and the links that they are fetched by.</summary>
public abstract class AgentBuildsContract(ITestDatabase database) : StoreContract(database)
{
    private static readonly Actor Mira = new("user:mira") { Address = "192.0.2.1", Door = "http" };
    private static readonly AgentBuildFile File = new("quern-agent.deb", 4711, HashOf("file"));

    [Fact]
    public async Task An_order_is_there_with_all_that_building_it_needs()
    {
        var build = Build("a") with { Tags = ["arch=x86-64", "big"], Addresses = ["farm.example.org:8768"], Slots = 4, Target = "root@build-1:22" };

        await Store.SaveAgentBuildAsync(build, Cancellation);

        var found = (await Store.FindAgentBuildAsync("a", Cancellation))!;
        Assert.Equal(build with { Tags = [], Addresses = [] }, found with { Tags = [], Addresses = [] });
        Assert.Equal([.. build.Tags, .. build.Addresses], [.. found.Tags, .. found.Addresses]);
        Assert.Null(await Store.FindAgentBuildAsync("another", Cancellation));
    }

    [Fact]
    public async Task A_step_and_what_the_journal_says_of_it_are_kept_together()
    {
        await Store.SaveAgentBuildAsync(Build("a"), Cancellation);
        var done = new AgentBuildStanding("done", 100, "quern-agent.deb") { Attempts = 2, EnrolmentKey = "key-1", File = File, KeptUntil = Time.GetUtcNow() + TimeSpan.FromHours(24) };

        Assert.True(await Store.SaveAgentBuildStandingAsync("a", new AgentBuildStanding("package", 20, "packing") { Attempts = 2, EnrolmentKey = "key-1" }, null, Cancellation));
        Assert.True(await Store.SaveAgentBuildStandingAsync("a", done, new AgentBuildNote(EventKinds.AgentBuilt, ("key", "key-1"), ("sha256", "")), Cancellation));
        Assert.False(await Store.SaveAgentBuildStandingAsync("another", done, new AgentBuildNote(EventKinds.AgentBuilt), Cancellation));

        Assert.Equal(done, (await Store.FindAgentBuildAsync("a", Cancellation))!.Standing);
        var built = Assert.Single(await Store.ReadJournalAsync(0, 100, Cancellation), e => e.Kind == EventKinds.AgentBuilt);
        Assert.Equal(("labs", "user:mira"), (built.Subject, built.Actor));
        Assert.Equal("""{"build":"a","key":"key-1","platform":"linux-x64","format":"deb","address":"192.0.2.1","door":"http"}""", JsonNode.Parse(built.Data)!.ToJsonString());
    }

    [Fact]
    public async Task Builds_are_listed_newest_first_until_their_day_is_over()
    {
        await Store.SaveAgentBuildAsync(Build("a"), Cancellation);
        Time.Advance(TimeSpan.FromMinutes(1));
        await Store.SaveAgentBuildAsync(Build("b", shelf: "other"), Cancellation);
        await EndAsync("a");

        Assert.Equal(["b", "a"], (await Store.ListAgentBuildsAsync("", Cancellation)).Select(b => b.Id));
        Assert.Equal(["a"], (await Store.ListAgentBuildsAsync("here", Cancellation)).Select(b => b.Id));
        Time.Advance(TimeSpan.FromHours(24));
        Assert.Equal(["b"], (await Store.ListAgentBuildsAsync("", Cancellation)).Select(b => b.Id));
        Assert.Null(await Store.FindAgentBuildAsync("a", Cancellation));
    }

    [Fact]
    public async Task A_master_forgets_its_own_builds_that_are_over_and_the_oldest_above_the_limit()
    {
        foreach (string id in (string[])["a", "b", "c", "waits"]) await Store.SaveAgentBuildAsync(Build(id), Cancellation);
        await Store.SaveAgentBuildAsync(Build("others", shelf: "other"), Cancellation);
        foreach (string id in (string[])["a", "b", "c", "others"])
        {
            await EndAsync(id);
            Time.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Equal(AgentLinkResult.Saved, await Store.SaveAgentLinkAsync(HashOf("of a"), "a", Time.GetUtcNow() + TimeSpan.FromHours(1), 10, 10, Cancellation));

        Assert.Equal(["a"], await Store.ForgetAgentBuildsAsync("here", 2, Cancellation));
        Assert.Null(await Store.TakeAgentLinkAsync(HashOf("of a"), "here", Cancellation));
        Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMinutes(3));
        Assert.Equal(["b"], await Store.ForgetAgentBuildsAsync("here", 2, Cancellation));
        Assert.Equal(["c", "others", "waits"], (await Store.ListAgentBuildsAsync("", Cancellation)).Select(b => b.Id).Order());

        // Whoever ordered at a master that never came back is not shown it for ever.
        Time.Advance(TimeSpan.FromDays(8));
        Assert.Equal([], await Store.ForgetAgentBuildsAsync("third", 2, Cancellation));
        Assert.Empty(await Store.ListAgentBuildsAsync("", Cancellation));
    }

    [Fact]
    public async Task A_link_is_good_once()
    {
        await Store.SaveAgentBuildAsync(Build("a"), Cancellation);
        await EndAsync("a");
        Assert.Equal(AgentLinkResult.Saved, await SaveLinkAsync("first"));
        Assert.Equal(AgentLinkResult.Saved, await SaveLinkAsync("second"));

        Assert.Equal("a", (await Store.TakeAgentLinkAsync(HashOf("first"), "here", Cancellation))?.Id);

        Assert.Null(await Store.TakeAgentLinkAsync(HashOf("first"), "here", Cancellation));
        Assert.Equal("a", (await Store.TakeAgentLinkAsync(HashOf("second"), "here", Cancellation))?.Id);
        Assert.Null(await Store.TakeAgentLinkAsync(HashOf("guessed"), "here", Cancellation));
    }

    [Fact]
    public async Task Of_many_at_once_one_gets_the_file()
    {
        await Store.SaveAgentBuildAsync(Build("a"), Cancellation);
        await EndAsync("a");
        await SaveLinkAsync("link");

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Store.TakeAgentLinkAsync(HashOf("link"), "here", Cancellation)));

        Assert.Single(taken, t => t is not null);
    }

    [Fact]
    public async Task A_link_is_not_used_up_at_a_master_that_has_not_the_file()
    {
        await Store.SaveAgentBuildAsync(Build("a"), Cancellation);
        await EndAsync("a");
        await SaveLinkAsync("link");

        Assert.Null(await Store.TakeAgentLinkAsync(HashOf("link"), "other", Cancellation));
        Assert.NotNull(await Store.TakeAgentLinkAsync(HashOf("link"), "here", Cancellation));
    }

    [Fact]
    public async Task Links_end_and_their_number_is_bounded()
    {
        await Store.SaveAgentBuildAsync(Build("a"), Cancellation);
        await EndAsync("a");

        Assert.Equal(AgentLinkResult.Saved, await SaveLinkAsync("first"));
        Assert.Equal(AgentLinkResult.Saved, await SaveLinkAsync("second"));
        Assert.Equal(AgentLinkResult.FarmFull, await SaveLinkAsync("third"));
        Assert.Equal(AgentLinkResult.NoBuild, await SaveLinkAsync("of nothing", "another"));
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Null(await Store.TakeAgentLinkAsync(HashOf("first"), "here", Cancellation));
        Assert.Equal(AgentLinkResult.Saved, await SaveLinkAsync("third"));
    }

    [Fact]
    public async Task One_group_does_not_use_up_the_links_of_all()
    {
        foreach (var build in (StoredAgentBuild[])[Build("a"), Build("b"), Build("c") with { Team = "g-2" }]) await Store.SaveAgentBuildAsync(build, Cancellation);

        Assert.Equal(AgentLinkResult.Saved, await SaveLinkAsync("first", "a", mostOfGroup: 2, mostOpen: 3));
        Assert.Equal(AgentLinkResult.Saved, await SaveLinkAsync("second", "b", mostOfGroup: 2, mostOpen: 3));
        Assert.Equal(AgentLinkResult.GroupFull, await SaveLinkAsync("third", "a", mostOfGroup: 2, mostOpen: 3));
        Assert.Equal(AgentLinkResult.Saved, await SaveLinkAsync("of others", "c", mostOfGroup: 2, mostOpen: 3));
        await EndAsync("a");
        Assert.NotNull(await Store.TakeAgentLinkAsync(HashOf("first"), "here", Cancellation));
        Assert.Equal(AgentLinkResult.Saved, await SaveLinkAsync("third", "a", mostOfGroup: 2, mostOpen: 3));
    }

    private StoredAgentBuild Build(string id, string shelf = "here") => new(id, shelf, "g-1", "labs", "linux-x64", "deb", Mira, Time.GetUtcNow());

    private Task<bool> EndAsync(string id) => Store.SaveAgentBuildStandingAsync(
        id, new AgentBuildStanding("done", 100, "") { File = File, KeptUntil = Time.GetUtcNow() + TimeSpan.FromHours(24) }, null, Cancellation);

    private Task<AgentLinkResult> SaveLinkAsync(string secret, string build = "a", int mostOfGroup = 10, int mostOpen = 2) =>
        Store.SaveAgentLinkAsync(HashOf(secret), build, Time.GetUtcNow() + TimeSpan.FromHours(1), mostOfGroup, mostOpen, Cancellation);
}
