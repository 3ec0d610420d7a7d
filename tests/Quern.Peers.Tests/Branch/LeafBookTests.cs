using System.Security.Cryptography;
using System.Text;
using Quern.Model;
using Quern.Peers.Branch;
using Quern.Storage;
using Quern.Testing;
using Xunit;

namespace Quern.Peers.Tests.Branch;

/// <summary>The repository for leaf, as it follows the store.</summary>
public sealed class LeafBookTests : IAsyncLifetime
{
    private readonly ScratchFolder _folder = new();
    private readonly ManualTimeProvider _time = new();
    private FarmStore _store = null!;
    private BlobStore _blobs = null!;

    public async ValueTask InitializeAsync()
    {
        _store = await FarmStore.OpenAsync(new StoreOptions { Connection = $"sqlite:{_folder["farm.db"]}" }, _time, CancellationToken.None);
        _blobs = new BlobStore(_folder["blobs"]);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_md5_that_nobody_kept_is_computed_once_and_kept()
    {
        var blob = await PublishAsync("zlib", "1", "content", knowsMd5: false);
        using (var book = Book()) Assert.Equal(Md5("content"), Assert.Single((await book.ShelfAsync(CancellationToken.None)).Newest).Md5);
        // Had it to be read again it would not be listed any more.
        await File.WriteAllTextAsync(_blobs.PathOf(blob.Sha256), "changed");

        using var anew = Book();

        Assert.Equal(Md5("content"), Assert.Single((await anew.ShelfAsync(CancellationToken.None)).Newest).Md5);
    }

    [Fact]
    public async Task A_version_whose_file_is_lost_or_damaged_is_not_listed()
    {
        var lost = await PublishAsync("zlib", "2", "lost");
        await PublishAsync("zlib", "1", "there");
        var damaged = await PublishAsync("other", "1", "damaged", knowsMd5: false);
        File.Delete(_blobs.PathOf(lost.Sha256));
        await File.WriteAllTextAsync(_blobs.PathOf(damaged.Sha256), "changed");

        using var book = Book();

        Assert.Equal(["zlib 1"], (await book.ShelfAsync(CancellationToken.None)).Newest.Select(e => $"{e.Name} {e.RealVersion}"));
    }

    [Fact]
    public async Task What_does_not_concern_packages_changes_nothing()
    {
        await PublishAsync("zlib", "1", "content");
        using var book = Book();
        var before = await book.ShelfAsync(CancellationToken.None);

        await _store.SaveClientEventAsync("dev1", "connected", "", Actor.Farm, CancellationToken.None);
        var same = await book.ShelfAsync(CancellationToken.None);
        await PublishAsync("other", "1", "more");
        var after = await book.ShelfAsync(CancellationToken.None);

        Assert.Same(before, same);
        Assert.Equal(["other", "zlib"], after.Newest.Select(e => e.Name.Value));
        Assert.Single(before.Newest);
    }

    [Fact]
    public async Task After_many_changes_the_book_is_what_a_new_one_would_be()
    {
        using var book = Book();
        Assert.Empty((await book.ShelfAsync(CancellationToken.None)).Newest);
        for (int i = 0; i < 300; i++) await PublishAsync($"p{i % 250}", $"{i + 1}", $"content {i}");
        for (int i = 0; i < 20; i++) await _store.DeleteRecipeAsync(new PackageName($"p{i}"), Actor.Farm, CancellationToken.None);
        var shelf = await book.ShelfAsync(CancellationToken.None);

        using var anew = Book();

        Assert.Equal(230, shelf.Newest.Length);
        Assert.Equal((await anew.ShelfAsync(CancellationToken.None)).Newest.Select(e => $"{e.Name} {e.RealVersion} {e.Md5}"), shelf.Newest.Select(e => $"{e.Name} {e.RealVersion} {e.Md5}"));
        Assert.Equal(["21", "271"], shelf.Versions(new PackageName("p20")).Select(e => e.RealVersion));
        Assert.Empty(shelf.Versions(new PackageName("p0")));
    }

    [Fact]
    public async Task A_recipe_that_comes_back_brings_its_packages_back()
    {
        await PublishAsync("zlib", "1", "content");
        using var book = Book();
        await _store.DeleteRecipeAsync(new PackageName("zlib"), Actor.Farm, CancellationToken.None);
        Assert.Empty((await book.ShelfAsync(CancellationToken.None)).Newest);

        await _store.SaveRecipeAsync(Recipe("zlib", "2"), "again", "", Actor.Farm, CancellationToken.None);

        Assert.Equal("1", Assert.Single((await book.ShelfAsync(CancellationToken.None)).Newest).RealVersion);
    }

    private LeafBook Book() => new(_store, _blobs, new LeafOptions());

    private static Recipe Recipe(string name, string real) => new() { Name = new PackageName(name), Version = "1.0", RealVersion = real, BuildScript = ["make"] };

    private async Task<StoredBlob> PublishAsync(string name, string real, string content, bool knowsMd5 = true)
    {
        var saved = await _store.SaveRecipeAsync(Recipe(name, real), $"{name} {real}", "", Actor.Farm, CancellationToken.None);
        var job = new NewJob
        {
            Id = JobId.Create(_time.GetUtcNow()),
            Title = name,
            Package = new PackageName(name),
            RecipeRevision = saved.Revision,
            Architecture = MachineArchitecture.Here,
        };
        await _store.SubmitAsync(new Submission([job]), Actor.Farm, CancellationToken.None);
        var claimed = await _store.ClaimAsync([new Claim(job.Id, new WorkerName("w"), "p", "n", _time.GetUtcNow().AddHours(1))], CancellationToken.None);
        await using var writer = _blobs.Create(10_000);
        await writer.WriteAsync(Encoding.UTF8.GetBytes(content));
        var blob = await writer.CommitAsync();
        var artifact = new ProducedArtifact(blob.Sha256, blob.Bytes) { Md5 = knowsMd5 ? blob.Md5 : "" };
        Assert.IsType<CompleteResult.Applied>(await _store.CompleteAsync(job.Id, claimed[0].Attempt, new BuildOutcome.Succeeded([artifact]), default, Actor.Farm, CancellationToken.None));
        return blob;
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5351", Justification = "It is what leaf compares.")]
    private static string Md5(string content) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(content)));
}
