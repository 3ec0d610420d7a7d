using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

/// <summary>What other farms made: packages without a job, and sources with ids of their own.</summary>
public abstract class ImportContract(ITestDatabase database) : StoreContract(database)
{
    private static readonly PackageName Zlib = new("zlib");

    private static NewImport Import(string content, string realVersion = "3", string version = "1.2") =>
        new(Zlib, realVersion, BuildEnvironment.Release, "x86_64", HashOf(content), content.Length, new PackageFacts(version, "of " + version, [new PackageName("glibc")]));

    [Fact]
    public async Task An_imported_package_is_published_with_what_it_says_of_itself()
    {
        Assert.Equal(ImportResult.Added, await Store.ImportArtifactAsync(Import("old", "3"), Someone, Cancellation));
        Assert.Equal(ImportResult.Added, await Store.ImportArtifactAsync(Import("new", "10", "1.3"), Someone, Cancellation));

        var newest = (await Store.FindArtifactAsync(Zlib, BuildEnvironment.Release, "x86_64", null, Cancellation))!;
        Assert.Equal(("10", HashOf("new"), null), (newest.RealVersion, newest.Sha256, newest.Job));
        var facts = (await Store.FactsOfAsync(newest, Cancellation))!;
        Assert.Equal(("1.3", "of 1.3", "glibc"), (facts.Version, facts.Description, Assert.Single(facts.Dependencies).Value));
        Assert.Equal(["3 1.2", "10 1.3"], (await Store.ListPublishedAsync(Zlib, Cancellation)).Select(p => $"{p.Artifact.RealVersion} {p.Facts.Version}"));
        var events = await Store.ReadJournalAsync(0, 10, Cancellation);
        Assert.Equal([("artifact.published", "user:someone"), ("artifact.published", "user:someone")], events.Select(e => (e.Kind, e.Actor)));
        Assert.Contains("\"imported\":true", events[0].Data, StringComparison.Ordinal);
        Assert.DoesNotContain("\"job\"", events[0].Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_file_changes_nothing_and_another_one_only_when_it_shall()
    {
        await Store.ImportArtifactAsync(Import("one"), Someone, Cancellation);

        Assert.Equal(ImportResult.Same, await Store.ImportArtifactAsync(Import("one") with { Replace = true }, Someone, Cancellation));
        Assert.Equal(ImportResult.Other, await Store.ImportArtifactAsync(Import("two"), Someone, Cancellation));
        Assert.Equal(HashOf("one"), Assert.Single(await Store.ListArtifactsAsync(Zlib, Cancellation)).Sha256);
        Assert.Single(await KindsAsync());
        Assert.Equal(ImportResult.Added, await Store.ImportArtifactAsync(Import("two", version: "2") with { Replace = true }, Someone, Cancellation));

        var stored = Assert.Single(await Store.ListArtifactsAsync(Zlib, Cancellation));
        Assert.Equal((HashOf("two"), "2"), (stored.Sha256, stored.Facts!.Version));
    }

    [Fact]
    public async Task A_build_takes_the_place_of_an_imported_package_and_its_recipe_speaks_for_it()
    {
        await Store.ImportArtifactAsync(Import("old"), Someone, Cancellation);
        await Store.SaveRecipeAsync(RecipeOf("zlib", "3") with { Version = "9.9", Description = "ours" }, "text", "", Someone, Cancellation);
        var job = Job("zlib") with { Plan = null, Package = Zlib, RecipeRevision = 1, Architecture = "x86_64" };
        await SubmitAsync(job);
        await FinishAsync(job.Id, new BuildOutcome.Succeeded([new ProducedArtifact(HashOf("built"), 5)]));
        await Store.SaveRecipeAsync(RecipeOf("zlib", "4") with { Version = "10" }, "later", "", Someone, Cancellation);

        var stored = Assert.Single(await Store.ListArtifactsAsync(Zlib, Cancellation));
        var facts = (await Store.FactsOfAsync(stored, Cancellation))!;

        Assert.Equal((HashOf("built"), job.Id, null), (stored.Sha256, stored.Job, stored.Facts));
        Assert.Equal("9.9", Assert.Single(await Store.ListPublishedAsync(null, Cancellation)).Facts.Version);
        Assert.Equal(("9.9", "ours"), (facts.Version, facts.Description));
    }

    [Fact]
    public async Task A_source_keeps_the_id_it_had_elsewhere()
    {
        const string Id = "c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30";

        Assert.True(await Store.ImportSourceAsync(Id, "fix.patch", "a fix", HashOf("fix"), 3, Someone, Cancellation));
        Assert.False(await Store.ImportSourceAsync(Id, "other", "", HashOf("other"), 5, Someone, Cancellation));

        Assert.Equal(new ExtraSource(Id, "fix.patch", "a fix", HashOf("fix"), 3, Someone, Time.GetUtcNow()), await Store.FindSourceAsync(Id, Cancellation));
        Assert.Equal(["source.added"], await KindsAsync());
    }
}
