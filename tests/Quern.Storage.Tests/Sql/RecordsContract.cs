using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

public abstract class RecordsContract(ITestDatabase database) : StoreContract(database)
{
    private static readonly PackageName Zlib = new("zlib");

    [Fact]
    public async Task Saving_a_recipe_never_overwrites()
    {
        Assert.Equal(new RecipeSaved(1, true), await Store.SaveRecipeAsync(RecipeOf("zlib"), "# one", "first", Someone, Cancellation));
        Assert.Equal(new RecipeSaved(1, false), await Store.SaveRecipeAsync(RecipeOf("zlib"), "# one", "same", Someone, Cancellation));
        Assert.Equal(new RecipeSaved(2, true), await Store.SaveRecipeAsync(RecipeOf("zlib", "2"), "# two", "second", Someone, Cancellation));

        var newest = await Store.FindRecipeAsync(Zlib, null, Cancellation);
        Assert.Equal(("# two", 2, "2", "second", Someone), (newest!.Text, newest.Revision, newest.Recipe.RealVersion, newest.Note, newest.Author));
        Assert.Equal("# one", (await Store.FindRecipeAsync(Zlib, 1, Cancellation))!.Text);
        Assert.Null(await Store.FindRecipeAsync(Zlib, 3, Cancellation));
        Assert.Null(await Store.FindRecipeAsync(new PackageName("xz"), null, Cancellation));
        Assert.Equal([(2, "second"), (1, "first")], (await Store.RecipeHistoryAsync(Zlib, Cancellation)).Select(r => (r.Revision, r.Note)));
    }

    [Fact]
    public async Task A_recipe_is_read_as_it_was_saved()
    {
        var recipe = RecipeOf("zlib") with
        {
            Source = "deb-src:zlib",
            ExtraSources = ["https://example.org/patch"],
            Description = "compression",
            BuildDependencies = [new PackageName("make")],
            Sha256 = [HashOf("a"), null],
            Tests = ["make test"],
            Network = true,
        };
        await Store.SaveRecipeAsync(recipe, "text", "", Someone, Cancellation);

        var read = (await Store.FindRecipeAsync(Zlib, null, Cancellation))!.Recipe;

        Assert.Equal(recipe.Sha256.AsEnumerable(), read.Sha256);
        Assert.Equal(recipe.BuildDependencies.AsEnumerable(), read.BuildDependencies);
        Assert.Equal(recipe.BuildScript.AsEnumerable(), read.BuildScript);
        Assert.Equal((recipe.Source, recipe.Description, true, "make test"), (read.Source, read.Description, read.Network, Assert.Single(read.Tests)));
    }

    [Fact]
    public async Task A_deleted_package_leaves_the_list_and_keeps_its_history()
    {
        await Store.SaveRecipeAsync(RecipeOf("zlib"), "one", "", Someone, Cancellation);
        await Store.SaveRecipeAsync(RecipeOf("xz"), "one", "", Someone, Cancellation);

        Assert.True(await Store.DeleteRecipeAsync(Zlib, Someone, Cancellation));
        Assert.False(await Store.DeleteRecipeAsync(Zlib, Someone, Cancellation));

        Assert.Equal(["xz"], (await Store.ListRecipesAsync(Cancellation)).Select(r => r.Recipe.Name.Value));
        Assert.True((await Store.FindRecipeAsync(Zlib, null, Cancellation))!.Deleted);
        Assert.Equal(new RecipeSaved(2, true), await Store.SaveRecipeAsync(RecipeOf("zlib"), "one", "", Someone, Cancellation));
        Assert.Equal(2, (await Store.RecipeHistoryAsync(Zlib, Cancellation)).Length);
    }

    [Fact]
    public async Task Extra_sources_are_added_found_and_removed()
    {
        string id = await Store.AddSourceAsync("fix.patch", "a fix", HashOf("fix"), 3, Someone, Cancellation);

        var found = await Store.FindSourceAsync(id, Cancellation);
        Assert.Equal(new ExtraSource(id, "fix.patch", "a fix", HashOf("fix"), 3, Someone, Time.GetUtcNow()), found);
        Assert.Equal([found!], await Store.ListSourcesAsync(Cancellation));
        Assert.True(await Store.RemoveSourceAsync(id, Someone, Cancellation));
        Assert.False(await Store.RemoveSourceAsync(id, Someone, Cancellation));
        Assert.Null(await Store.FindSourceAsync(id, Cancellation));
        Assert.Equal(["source.added", "source.removed"], await KindsAsync());
    }

    [Fact]
    public async Task The_first_pin_stays_in_force()
    {
        Assert.Null(await Store.FindPinAsync("https://example.org/a", Cancellation));

        var first = await Store.RecordPinAsync("https://example.org/a", HashOf("1"), 1, Cancellation);
        var second = await Store.RecordPinAsync("https://example.org/a", HashOf("2"), 2, Cancellation);

        Assert.Equal((HashOf("1"), first), (first.Sha256, second));
        Assert.Equal(["source.pinned"], await KindsAsync());
    }

    [Fact]
    public async Task Workers_are_kept_with_what_happened_to_them()
    {
        await Store.UpsertWorkerAsync(new WorkerAccount(Worker, 1, HashOf("old"), true, "api"), Someone, Cancellation);
        var changed = new WorkerAccount(Worker, 4, HashOf("new"), false, "file") { PasswordMd5 = "5ebe2294ecd0e0f08eab7690d2a6ee69" };
        await Store.UpsertWorkerAsync(changed, Someone, Cancellation);
        var description = new WorkerDescription { Name = Worker, Protocol = "buildbot-msgpack", Version = "3.7.0", Commands = ["shell"] };
        await Store.SaveWorkerEventAsync(Worker, "refused", "wrong password", null, Cancellation);
        await Store.SaveWorkerEventAsync(Worker, "connected", "", description, Cancellation);

        var brought = new WorkerAccount(new WorkerName("w2"), 1, default, true, "api") { PasswordHash = "pbkdf2:1:salt:hash", SealedMd5 = "c2VhbGVk" };
        await Store.UpsertWorkerAsync(brought with { PasswordSha256 = HashOf("made"), PasswordMd5 = changed.PasswordMd5, PasswordHash = "", SealedMd5 = "" }, Someone, Cancellation);
        await Store.UpsertWorkerAsync(brought, Someone, Cancellation);

        Assert.Equal([changed, brought], await Store.ListWorkersAsync(Cancellation));
        var events = await Store.ListWorkerEventsAsync(Worker, 10, Cancellation);
        Assert.Equal([("connected", ""), ("refused", "wrong password")], events.Select(e => (e.Kind, e.Reason)));
        Assert.Equal(("3.7.0", "shell"), (events[0].Description!.Version, Assert.Single(events[0].Description!.Commands)));
        Assert.Equal(["worker.saved", "worker.saved", "worker.refused", "worker.connected", "worker.saved", "worker.saved"], await KindsAsync());
        Assert.DoesNotContain(
            await Store.ReadJournalAsync(0, 10, Cancellation), e => e.Data.Contains("pbkdf2", StringComparison.Ordinal) || e.Data.Contains("c2VhbGVk", StringComparison.Ordinal));
        Assert.True(await Store.SetWorkerSlotsAsync(brought.Name, 8, Someone, Cancellation));
        Assert.False(await Store.SetWorkerSlotsAsync(new WorkerName("nobody"), 8, Someone, Cancellation));
        Assert.Equal([changed, brought with { Slots = 8 }], await Store.ListWorkersAsync(Cancellation));
        Assert.Equal("""{"slots":8,"enabled":true,"origin":"api"}""", (await Store.FindLastEventAsync("worker.saved", Cancellation))!.Data);
        Assert.True(await Store.RemoveWorkerAsync(Worker, Someone, Cancellation));
        Assert.Equal([brought with { Slots = 8 }], await Store.ListWorkersAsync(Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.SaveWorkerEventAsync(Worker, "exploded", "", null, Cancellation));
    }
}
