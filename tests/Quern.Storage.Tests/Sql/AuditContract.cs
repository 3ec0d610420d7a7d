using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

/// <summary>Who did what, and who tried.</summary>
public abstract class AuditContract(ITestDatabase database) : StoreContract(database)
{
    private static readonly Actor Mira = new("user:mira") { Address = "192.0.2.7", Door = "admin" };
    private static readonly AuditFilter All = new(null, null, "", "", 0);

    [Fact]
    public async Task A_change_of_people_says_who_made_it_and_where_from()
    {
        await Store.CreateAccountAsync(new StoredAccount { Id = "1", Name = "noor" }, Mira, Cancellation);

        var saved = Assert.Single(await Store.QueryAuditAsync(All with { KindPrefix = "account." }, 10, Cancellation));
        var data = JsonNode.Parse(saved.Data)!;
        Assert.Equal(("user:mira", "192.0.2.7", "admin"), (saved.Actor, data["address"]!.ToString(), data["door"]!.ToString()));
    }

    [Fact]
    public async Task A_refusal_is_kept_with_what_was_wanted()
    {
        await Store.RefuseEstateAsync("user.delete", "admin", "last-superuser", Mira, Cancellation);

        var refused = Assert.Single(await Store.QueryAuditAsync(All, 10, Cancellation));
        var data = JsonNode.Parse(refused.Data)!;
        Assert.Equal(("estate.refused", "admin", "user:mira"), (refused.Kind, refused.Subject, refused.Actor));
        Assert.Equal(("user.delete", "last-superuser", "192.0.2.7"), (data["action"]!.ToString(), data["reason"]!.ToString(), data["address"]!.ToString()));
    }

    [Fact]
    public async Task Events_are_found_by_time_actor_and_kind_and_the_search_goes_on_where_it_stopped()
    {
        var times = new List<DateTimeOffset>();
        for (int i = 0; i < 10; i++)
        {
            times.Add(Time.GetUtcNow());
            await Store.RefuseEstateAsync("try", $"{i}", "denied", i % 2 == 0 ? Mira : Someone, Cancellation);
            await Store.SaveRecipeAsync(RecipeOf($"recipe{i}"), "", "", Someone, Cancellation);
            Time.Advance(TimeSpan.FromMinutes(1));
        }

        async Task<string> SubjectsAsync(AuditFilter filter, int limit = 100) =>
            string.Join(' ', (await Store.QueryAuditAsync(filter, limit, Cancellation)).Select(e => e.Subject));

        Assert.Equal("0 1 2 3 4 5 6 7 8 9", await SubjectsAsync(All));
        Assert.Equal("0 2 4 6 8", await SubjectsAsync(All with { Actor = "user:mira" }));
        Assert.Equal("", await SubjectsAsync(All with { Actor = "user:m" }));
        for (int from = 0; from < 10; from++)
        {
            Assert.Equal(string.Join(' ', Enumerable.Range(from, 10 - from)), await SubjectsAsync(All with { From = times[from] }));
            Assert.Equal(string.Join(' ', Enumerable.Range(0, from)), await SubjectsAsync(All with { To = times[from] }));
        }
        Assert.Equal("recipe0 recipe1", await SubjectsAsync(All with { KindPrefix = "recipe." }, 2));
        Assert.Equal("", await SubjectsAsync(All with { KindPrefix = "estate.refuse%" }));
        Assert.Equal("", await SubjectsAsync(All with { KindPrefix = "estate_refused" }));
        var first = await Store.QueryAuditAsync(All, 4, Cancellation);
        Assert.Equal("4 5 6", await SubjectsAsync(All with { After = first[^1].Sequence }, 3));
        Assert.Equal("", await SubjectsAsync(All with { From = Time.GetUtcNow().AddDays(1) }));
    }

    [Fact]
    public void Kinds_that_tell_of_people_are_known()
    {
        foreach (string kind in new[] { "account.saved", "account.refused", "role.saved", "token.issued", "group.removed", "estate.refused" }) Assert.True(EventKinds.IsOfPeople(kind), kind);
        foreach (string kind in new[] { "job.finished", "worker.refused", "listener.opened", "accounts" }) Assert.False(EventKinds.IsOfPeople(kind), kind);
    }
}
