using Quern.Packaging.Sources;
using Xunit;

namespace Quern.Packaging.Tests;

public sealed class WebSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Dictionary<string, string> Answers => new()
    {
        ["/a.tar.gz"] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        ["/endless"] = "HTTP/1.1 200 OK\r\n\r\n" + new string('x', 4000),
        ["/claims"] = "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        ["/moved"] = "HTTP/1.1 302 Found\r\nLocation: /a.tar.gz\r\nContent-Length: 0\r\n\r\n",
        ["/circle"] = "HTTP/1.1 302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\n\r\n",
        ["/away"] = "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
        ["/broken"] = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
    };

    private Task<FetchResult> FetchAsync(string address, bool allowPrivate = true, string? sha256 = null) => FetchProgram.FetchAsync(new FetchRequest
    {
        Source = address,
        Target = _folder[Guid.NewGuid().ToString("N")],
        Sha256 = sha256,
        AllowPrivateAddresses = allowPrivate,
        Limits = new FetchLimits { MaxBytes = 1000 },
    }, TimeProvider.System, CancellationToken.None);

    [Theory]
    [InlineData("/a.tar.gz", "a.tar.gz")]
    [InlineData("/moved", "moved")]
    public async Task A_file_is_fetched_under_the_name_of_its_address(string path, string name)
    {
        await using var web = new ScriptedWeb(Answers);

        var fetched = Assert.IsType<FetchResult.Fetched>(await FetchAsync(web.Address + path));

        Assert.Equal((name, 5L), (fetched.FileName, fetched.Bytes));
        Assert.StartsWith("2cf24dba", fetched.Sha256, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/endless", "larger than the limit", false)]
    [InlineData("/claims", "larger than the limit", false)]
    [InlineData("/circle", "redirects more than 5 times", false)]
    [InlineData("/away", "redirects to 'file:'", false)]
    [InlineData("/nothing", "404", false)]
    [InlineData("/broken", "503", true)]
    public async Task What_cannot_be_fetched_is_said_with_the_reason(string path, string expected, bool mayPass)
    {
        await using var web = new ScriptedWeb(Answers);

        var failed = Assert.IsType<FetchResult.Failed>(await FetchAsync(web.Address + path));

        Assert.Contains(expected, failed.Message, StringComparison.Ordinal);
        Assert.Equal(mayPass, failed.MayPass);
    }

    [Fact]
    [Trait("CWE", "918")]
    public async Task Loopback_is_refused_before_a_byte_is_sent()
    {
        await using var web = new ScriptedWeb(Answers);

        string byNumber = Assert.IsType<FetchResult.Failed>(await FetchAsync(web.Address + "/a.tar.gz", allowPrivate: false)).Message;
        string byName = Assert.IsType<FetchResult.Failed>(await FetchAsync(web.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "/a.tar.gz", allowPrivate: false)).Message;

        Assert.Contains("loopback", byNumber, StringComparison.Ordinal);
        Assert.Contains("loopback", byName, StringComparison.Ordinal);
        Assert.Equal(0, web.Requests);
    }

    [Fact]
    public async Task Another_hash_than_expected_is_refused()
    {
        await using var web = new ScriptedWeb(Answers);

        var failed = Assert.IsType<FetchResult.Failed>(await FetchAsync(web.Address + "/a.tar.gz", sha256: new string('1', 64)));

        Assert.Contains("Find out why it changed", failed.Message, StringComparison.Ordinal);
    }
}
