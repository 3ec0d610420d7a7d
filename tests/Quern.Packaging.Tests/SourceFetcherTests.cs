using System.Collections.Immutable;
using Quern.Model;
using Quern.Packaging.Sources;
using Xunit;

namespace Quern.Packaging.Tests;

/// <summary>The master's side, against fetcher processes that a shell plays.</summary>
public sealed class SourceFetcherTests : IDisposable
{
    private const string Hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<SourceResult> FetchAsync(string script, Sha256Hash? expected = null, string source = "https://example.org/a.tar.gz")
    {
        var options = new SourceFetcherOptions
        {
            Program = "/bin/sh",
            Arguments = ["-c", "target=$(sed 's/.*\"target\":\"\\([^\"]*\\)\".*/\\1/'); " + script],
            WorkFolder = _folder["work"],
            AptFolder = _folder["apt"],
            Suite = "bookworm",
        };
        return new SourceFetcher(options, new FolderBlobs(_folder["blobs"]), TimeProvider.System).FetchAsync(source, expected, null, CancellationToken.None);
    }

    [Fact]
    public async Task What_the_process_brought_is_stored_and_nothing_stays_behind()
    {
        var fetched = Assert.IsType<SourceResult.Fetched>(await FetchAsync(
            "printf hello > \"$target\"; echo '{\"result\":\"fetched\",\"fileName\":\"../a.tar.gz\",\"sha256\":\"" + Hello + "\",\"bytes\":5}'"));

        Assert.Equal(("a.tar.gz", Hello, 5L), (fetched.FileName, fetched.Sha256.Hex, fetched.Bytes));
        Assert.Empty(Directory.GetFiles(_folder["work"]));
    }

    [Fact]
    public async Task A_process_that_lies_about_its_hash_is_found_out()
    {
        var failed = Assert.IsType<SourceResult.Failed>(await FetchAsync(
            "printf other > \"$target\"; echo '{\"result\":\"fetched\",\"fileName\":\"a\",\"sha256\":\"" + Hello + "\",\"bytes\":5}'"));

        Assert.Contains("on disk", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo '{\"result\":\"failed\",\"message\":\"No such host.\",\"mayPass\":true}'; exit 1", "No such host.")]
    [InlineData("kill -9 $$", "ended with code 137")]
    [InlineData("echo nonsense; echo why >&2; exit 3", "ended with code 3 (why)")]
    public async Task Its_failure_is_passed_on_in_words(string script, string expected) =>
        Assert.Contains(expected, Assert.IsType<SourceResult.Failed>(await FetchAsync(script)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task What_the_store_has_is_not_fetched_again()
    {
        await new FolderBlobs(_folder["blobs"]).AddAsync(new MemoryStream("hello"u8.ToArray()), CancellationToken.None);
        var hash = Sha256Hash.Of("hello"u8);

        Assert.IsType<SourceResult.Fetched>(await FetchAsync("exit 9", hash));
    }

    [Fact]
    public async Task An_address_that_is_none_starts_no_process() =>
        Assert.False(Assert.IsType<SourceResult.Failed>(await FetchAsync("exit 9", source: "ftp://example.org/a")).MayPass);

    [Fact]
    public async Task The_process_does_not_get_the_farms_environment()
    {
        Environment.SetEnvironmentVariable("QUERN_TEST_SECRET", "hush");

        var failed = Assert.IsType<SourceResult.Failed>(await FetchAsync("echo \"secret is ${QUERN_TEST_SECRET:-unknown}\" >&2; exit 3"));

        Assert.Contains("secret is unknown", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_that_leaves_out_what_has_a_default_gets_the_default()
    {
        var request = System.Text.Json.JsonSerializer.Deserialize("""{"source":"deb-src:zlib","target":"/t"}""", FetchJson.Default.FetchRequest)!;

        Assert.Equal(new FetchLimits(), request.Limits);
        Assert.Empty(request.Folders);
    }
}
