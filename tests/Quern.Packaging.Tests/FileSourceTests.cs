using Quern.Packaging.Sources;
using Xunit;

namespace Quern.Packaging.Tests;

public sealed class FileSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FileSourceTests()
    {
        Directory.CreateDirectory(_folder["allowed"]);
        File.WriteAllText(_folder["allowed/a.txt"], "hello");
        File.WriteAllText(_folder["secret"], "secret");
        Directory.CreateDirectory(_folder["allowed-not"]);
        File.WriteAllText(_folder["allowed-not/a"], "no");
    }

    public void Dispose() => _folder.Dispose();

    private Task<FetchResult> FetchAsync(string path, string? sha256 = null, bool none = false, long maxBytes = 1000) => FetchProgram.FetchAsync(new FetchRequest
    {
        Source = "file:" + path,
        Target = _folder["target-" + Guid.NewGuid().ToString("N")],
        Sha256 = sha256,
        Folders = none ? [] : [_folder["allowed"]],
        Limits = new FetchLimits { MaxBytes = maxBytes },
    }, TimeProvider.System, CancellationToken.None);

    [Fact]
    public async Task A_file_below_an_allowed_folder_is_fetched_with_its_hash()
    {
        var fetched = Assert.IsType<FetchResult.Fetched>(await FetchAsync(_folder["allowed/a.txt"]));

        Assert.Equal(("a.txt", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", 5L), (fetched.FileName, fetched.Sha256, fetched.Bytes));
    }

    [Fact]
    public async Task Without_a_configured_folder_nothing_is_read() =>
        Assert.Contains("sources.file_folders", Assert.IsType<FetchResult.Failed>(await FetchAsync(_folder["allowed/a.txt"], none: true)).Message, StringComparison.Ordinal);

    [Theory]
    [Trait("CWE", "59")]
    [InlineData("secret")]
    [InlineData("allowed/../secret")]
    [InlineData("allowed-not/a")]
    [InlineData("allowed/link")]
    [InlineData("allowed/folderlink/secret")]
    [InlineData("allowed/circle")]
    [InlineData("allowed")]
    [InlineData("allowed/nothing")]
    public async Task What_does_not_lie_there_is_refused_after_links_are_resolved(string path)
    {
        File.CreateSymbolicLink(_folder["allowed/link"], "../secret");
        Directory.CreateSymbolicLink(_folder["allowed/folderlink"], _folder.Path);
        File.CreateSymbolicLink(_folder["allowed/circle"], "circle");

        Assert.False(Assert.IsType<FetchResult.Failed>(await FetchAsync(_folder[path])).MayPass);
    }

    [Fact]
    public async Task A_link_that_stays_inside_is_followed()
    {
        File.CreateSymbolicLink(_folder["allowed/good"], "./a.txt");

        Assert.IsType<FetchResult.Fetched>(await FetchAsync(_folder["allowed/good"]));
    }

    [Fact]
    public async Task Another_hash_than_expected_is_an_error_that_names_both()
    {
        string expected = new('0', 64);

        string message = Assert.IsType<FetchResult.Failed>(await FetchAsync(_folder["allowed/a.txt"], expected)).Message;

        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("2cf24dba", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused() =>
        Assert.Contains("larger than the limit", Assert.IsType<FetchResult.Failed>(await FetchAsync(_folder["allowed/a.txt"], maxBytes: 4)).Message, StringComparison.Ordinal);
}
