using Quern.Model;
using Quern.Packaging.Sources;
using Quern.Peers.Recipes;
using Quern.Storage;
using Quern.Testing;

namespace Quern.Interop.Sources;

/// <summary>Sources over https: the real fetcher process, real TLS, and a certificate that is trusted or not.</summary>
public sealed class TlsSourceTests : IAsyncDisposable
{
    private const string Trust = "SSL_CERT_FILE";
    private static readonly Sha256Hash Hello = Sha256Hash.Of("hello"u8);

    private readonly ScratchFolder _folder = new();
    private readonly string? _before = Environment.GetEnvironmentVariable(Trust);
    private readonly TlsWeb _web = new(new Dictionary<string, string>
    {
        ["/hello-1.0.tar.gz"] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        ["/latest.tar.gz"] = "HTTP/1.1 302 Found\r\nLocation: HERE/hello-1.0.tar.gz\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ["/plain"] = "HTTP/1.1 301 Moved\r\nLocation: http://localhost:1/hello-1.0.tar.gz\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    });

    public async ValueTask DisposeAsync()
    {
        Environment.SetEnvironmentVariable(Trust, _before);
        await _web.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("/hello-1.0.tar.gz", "hello-1.0.tar.gz")]
    [InlineData("/latest.tar.gz", "latest.tar.gz")]
    public async Task A_file_is_fetched_also_behind_a_redirect(string path, string name)
    {
        Believe();

        var fetched = Assert.IsType<SourceResult.Fetched>(await FetchAsync(_web.Address + path, Hello));

        Assert.Equal((name, Hello, 5L), (fetched.FileName, fetched.Sha256, fetched.Bytes));
    }

    [Fact]
    public async Task Another_hash_than_the_recipes_is_refused_with_both()
    {
        Believe();
        var wrong = Sha256Hash.Of("good bye"u8);

        var failed = Assert.IsType<SourceResult.Failed>(await FetchAsync(_web.Address + "/latest.tar.gz", wrong));

        Assert.Contains(wrong.Hex, failed.Message, StringComparison.Ordinal);
        Assert.Contains(Hello.Hex, failed.Message, StringComparison.Ordinal);
        Assert.False(failed.MayPass);
    }

    [Fact]
    public async Task A_redirect_out_of_TLS_is_not_followed()
    {
        Believe();

        var failed = Assert.IsType<SourceResult.Failed>(await FetchAsync(_web.Address + "/plain", null));

        Assert.Contains("redirects to 'http:', which is not followed from https", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_nobody_vouches_for_is_refused_with_what_to_do()
    {
        var failed = Assert.IsType<SourceResult.Failed>(await FetchAsync(_web.Address + "/hello-1.0.tar.gz", Hello));

        Assert.Contains("localhost is not trusted", failed.Message, StringComparison.Ordinal);
        Assert.Contains(Trust, failed.Message, StringComparison.Ordinal);
        Assert.False(failed.MayPass);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused()
    {
        Believe();

        var failed = Assert.IsType<SourceResult.Failed>(
            await FetchAsync(_web.Address.Replace("localhost", "127.0.0.1", StringComparison.Ordinal) + "/hello-1.0.tar.gz", Hello));

        Assert.Contains("127.0.0.1 is not trusted", failed.Message, StringComparison.Ordinal);
    }

    /// <summary>As on a machine with an authority of its own: the variable reaches the fetcher's process.</summary>
    private void Believe()
    {
        File.WriteAllText(_folder["authority.pem"], _web.CertificatePem);
        Environment.SetEnvironmentVariable(Trust, _folder["authority.pem"]);
    }

    private Task<SourceResult> FetchAsync(string address, Sha256Hash? expected)
    {
        var options = new SourceFetcherOptions
        {
            Program = Path.Combine(AppContext.BaseDirectory, "quern"),
            WorkFolder = _folder["work"],
            AptFolder = _folder["apt"],
            Suite = "bookworm",
            AllowPrivateAddresses = true,
        };
        var shelf = new BlobShelf(new BlobStore(_folder["blobs"]), 1 << 20);
        return new SourceFetcher(options, shelf, TimeProvider.System)
            .FetchAsync(address, expected, null, CancellationToken.None);
    }
}
