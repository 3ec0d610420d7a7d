namespace Quern.WorkerHost.Tests;

public sealed class EndpointDescriptionTests
{
    private static readonly ClientEndpoint.Tcp Farm = new("farm.example", 9989);

    public static TheoryData<string, object> Known => new()
    {
        { "tcp:farm.example:9989", Farm },
        { "tcp:host=farm.example:port=9989", Farm },
        { "tcp:host=farm.example:9989", Farm },
        { "tcp:farm.example:port=9989:timeout=5:bindAddress=127.0.0.2", new ClientEndpoint.Tcp("farm.example", 9989, TimeSpan.FromSeconds(5), "127.0.0.2") },
        { @"tcp:host=2001\:db8\:\:1:port=9989", new ClientEndpoint.Tcp("2001:db8::1", 9989) },
        { "tls:host=farm.example:port=9989", new ClientEndpoint.Tls(Farm, "farm.example") },
        { "tls:farm.example:9989:trustRoots=/etc/ca:certificate=c.pem:privateKey=k.pem", new ClientEndpoint.Tls(Farm, "farm.example", "/etc/ca", "c.pem", "k.pem") },
        { @"tls:master.example:1:endpoint=tcp\:farm.example\:9989", new ClientEndpoint.Tls(Farm, "master.example") },
        { "ssl:host=farm.example:port=9989", new ClientEndpoint.Tls(Farm, "farm.example") },
        { "SSL:farm.example:9989:hostname=other.example:caCertsDir=/ca:certKey=c:privateKey=k", new ClientEndpoint.Tls(Farm, "other.example", "/ca", "c", "k") },
        { @"unix:/run/a\=b.sock:timeout=9:lockfile=1", new ClientEndpoint.Unix("/run/a=b.sock", TimeSpan.FromSeconds(9)) },
    };

    [Theory, MemberData(nameof(Known))]
    public void A_description_is_read_as_Twisted_reads_it(string text, object expected)
    {
        Assert.True(EndpointDescription.TryParse(text, out var endpoint, out string problem), problem);
        Assert.Equal(expected, endpoint);
    }

    [Theory]
    [InlineData("", "'' is no kind of endpoint")]
    [InlineData("farm.example", "'farm.example' is no kind of endpoint")]
    [InlineData("tcp:farm.example", "needs a port from 1 to 65535, not ''")]
    [InlineData("tcp:farm.example:0", "not '0'")]
    [InlineData("tcp:farm.example:65536", "not '65536'")]
    [InlineData("tcp:farm.example:1:2", "nothing like '2'")]
    [InlineData("tcp::1", "needs a host")]
    [InlineData("tcp:h:1:timeout=soon", "not 'soon'")]
    [InlineData("tcp:h:1:colour=red", "does not know 'colour'")]
    [InlineData("tls:h:1:caCertsDir=/x", "does not know 'caCertsDir'")]
    [InlineData("unix:", "needs a path")]
    [InlineData(@"tls:h:1:endpoint=tor\:x", "'tor' is no kind of endpoint")]
    public void What_cannot_be_connected_to_is_refused_in_plain_words(string text, string expected)
    {
        Assert.False(EndpointDescription.TryParse(text, out var endpoint, out string problem));
        Assert.Null(endpoint);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }
}
