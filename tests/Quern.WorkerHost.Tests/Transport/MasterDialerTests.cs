using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Quern.Testing;

namespace Quern.WorkerHost.Tests;

public sealed class MasterDialerTests
{
    private static readonly MasterDialer Dialer = new(TimeProvider.System);

    /// <summary>Speaks first, as a Perspective Broker does, then gives back what it hears.</summary>
    private static async Task GreetAndEchoAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync("hello"u8.ToArray(), cancellationToken);
        byte[] word = new byte[4];
        await stream.ReadExactlyAsync(word, cancellationToken);
        await stream.WriteAsync(word, cancellationToken);
    }

    private static LoopbackPeer Secure(X509Certificate2 certificate, List<string?>? clients = null) => new(async (stream, token) =>
    {
        await using var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = certificate,
                    ClientCertificateRequired = clients is not null,
                    RemoteCertificateValidationCallback = (_, client, _, _) =>
                    {
                        clients?.Add(client?.Subject);
                        return clients is null || client is not null;
                    },
                }, token);
        }
        catch (System.Security.Authentication.AuthenticationException)
        {
            return;   // the client did not trust us
        }
        await GreetAndEchoAsync(tls, token);
    });

    private static async Task<string> TalkAsync(ClientEndpoint endpoint)
    {
        await using var stream = await Dialer.ConnectAsync(endpoint, TestContext.Current.CancellationToken);
        byte[] heard = new byte[9];
        await stream.ReadExactlyAsync(heard.AsMemory(0, 5), TestContext.Current.CancellationToken);
        await stream.WriteAsync("echo"u8.ToArray(), TestContext.Current.CancellationToken);
        await stream.ReadExactlyAsync(heard.AsMemory(5), TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString(heard);
    }

    private static async Task<string> FailAsync(ClientEndpoint endpoint) =>
        (await Assert.ThrowsAnyAsync<IOException>(() => Dialer.ConnectAsync(endpoint, TestContext.Current.CancellationToken))).Message;

    private static ClientEndpoint.Tcp Loopback(int port) => new("127.0.0.1", port);

    [Fact]
    public async Task A_bare_connection_carries_both_directions()
    {
        await using var master = new LoopbackPeer(GreetAndEchoAsync);

        Assert.Equal("helloecho", await TalkAsync(Loopback(master.Port)));
        Assert.Equal("helloecho", await TalkAsync(new ClientEndpoint.Tcp("localhost", master.Port)));
        Assert.Equal("helloecho", await TalkAsync(Loopback(master.Port) with { BindAddress = "127.0.0.1" }));
    }

    [Fact]
    public async Task A_local_socket_carries_both_directions()
    {
        using var folder = new ScratchFolder();
        string path = Path.Combine(folder.Path, "s");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var accepting = AcceptOneAsync(listener);

        Assert.Equal("helloecho", await TalkAsync(new ClientEndpoint.Unix(path, TimeSpan.FromSeconds(30))));
        await accepting;
    }

    [Fact]
    public async Task A_certificate_of_a_trusted_authority_for_the_name_is_taken()
    {
        using var authority = new TestAuthority();
        using var byAddress = authority.Issue("127.0.0.1");
        using var byName = authority.Issue("localhost");
        await using var first = Secure(byAddress);
        await using var second = Secure(byName);

        Assert.Equal("helloecho", await TalkAsync(new ClientEndpoint.Tls(Loopback(first.Port), "127.0.0.1", authority.TrustRoots)));
        Assert.Equal("helloecho", await TalkAsync(new ClientEndpoint.Tls(new ClientEndpoint.Tcp("localhost", second.Port), "localhost", authority.TrustRoots)));
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("other.example");
        await using var master = Secure(certificate);

        string problem = await FailAsync(new ClientEndpoint.Tls(Loopback(master.Port), "127.0.0.1", authority.TrustRoots));

        Assert.StartsWith($"cannot trust 127.0.0.1:{master.Port} with TLS: ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_authority_is_refused()
    {
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority();
        using var certificate = stranger.Issue("127.0.0.1");
        await using var master = Secure(certificate);

        Assert.StartsWith("cannot trust ", await FailAsync(new ClientEndpoint.Tls(Loopback(master.Port), "127.0.0.1", authority.TrustRoots)), StringComparison.Ordinal);
        Assert.StartsWith("cannot trust ", await FailAsync(new ClientEndpoint.Tls(Loopback(master.Port), "127.0.0.1")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_workers_own_certificate_is_shown_when_the_endpoint_names_one()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("127.0.0.1");
        var clients = new List<string?>();
        await using var master = Secure(certificate, clients);

        Assert.Equal(
            "helloecho",
            await TalkAsync(new ClientEndpoint.Tls(Loopback(master.Port), "127.0.0.1", authority.TrustRoots, authority.IssueFile("bee.example"))));
        Assert.Equal(["CN=bee.example"], clients);
    }

    [Fact]
    public async Task Certificate_files_that_are_none_are_named()
    {
        using var folder = new ScratchFolder();
        string file = Path.Combine(folder.Path, "c.pem");
        await File.WriteAllTextAsync(file, "nothing", TestContext.Current.CancellationToken);
        await using var master = new LoopbackPeer(GreetAndEchoAsync);

        Assert.StartsWith("cannot use the certificates of ", await FailAsync(new ClientEndpoint.Tls(Loopback(master.Port), "127.0.0.1", null, file)), StringComparison.Ordinal);
        Assert.Contains("/absent", await FailAsync(new ClientEndpoint.Tls(Loopback(master.Port), "127.0.0.1", folder.Path + "/absent")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_is_asked_for_the_master_and_stands_aside()
    {
        await using var master = new LoopbackPeer(GreetAndEchoAsync);
        await using var proxy = new ConnectProxy();

        Assert.Equal("helloecho", await TalkAsync(new ClientEndpoint.Tunnel(Loopback(proxy.Port), "127.0.0.1", master.Port)));
        Assert.Equal([$"127.0.0.1:{master.Port}"], proxy.Asked);
    }

    [Fact]
    public async Task The_masters_certificate_is_checked_through_a_proxy_too()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("localhost");
        await using var master = Secure(certificate);
        await using var proxy = new ConnectProxy();
        var tunnel = new ClientEndpoint.Tunnel(Loopback(proxy.Port), "127.0.0.1", master.Port);

        Assert.Equal("helloecho", await TalkAsync(new ClientEndpoint.Tls(tunnel, "localhost", authority.TrustRoots)));
        Assert.StartsWith("cannot trust ", await FailAsync(new ClientEndpoint.Tls(tunnel, "other.example", authority.TrustRoots)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "it answered 407 Proxy Authentication Required")]
    [InlineData("HTTP/1.1 503 No\r\nX: y\r\n\r\n", "it answered 503 No")]
    [InlineData("220 smtp.example\r\n\r\n", "the answer is not HTTP")]
    public async Task A_proxy_that_refuses_is_named_with_its_words(string answer, string expected)
    {
        await using var proxy = new ConnectProxy(answer);

        string problem = await FailAsync(new ClientEndpoint.Tunnel(Loopback(proxy.Port), "master.example", 9989));

        Assert.Equal($"the proxy 127.0.0.1:{proxy.Port} does not connect to master.example:9989: {expected}", problem);
    }

    [Fact]
    public async Task Nobody_listening_is_said_with_the_address()
    {
        int port;
        await using (var gone = new LoopbackPeer(GreetAndEchoAsync)) port = gone.Port;

        Assert.Equal($"cannot reach 127.0.0.1:{port}: Connection refused", await FailAsync(Loopback(port)));
    }

    [Fact]
    public async Task A_peer_that_never_answers_is_given_up()
    {
        using var asked = new SemaphoreSlim(0);
        await using var mute = new LoopbackPeer(async (stream, token) =>
        {
            await stream.ReadExactlyAsync(new byte[1], token);   // the client is past connecting, and waits for us
            asked.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        });
        var time = new ManualTimeProvider();
        var connecting = new MasterDialer(time).ConnectAsync(new ClientEndpoint.Tls(Loopback(mute.Port), "127.0.0.1"), TestContext.Current.CancellationToken);
        var tunnelling = new MasterDialer(time).ConnectAsync(new ClientEndpoint.Tunnel(Loopback(mute.Port), "m", 1), TestContext.Current.CancellationToken);
        await asked.WaitAsync(TestContext.Current.CancellationToken);
        await asked.WaitAsync(TestContext.Current.CancellationToken);

        time.Advance(ClientEndpoint.DefaultTimeout);

        Assert.EndsWith("in time", (await Assert.ThrowsAsync<IOException>(() => connecting)).Message, StringComparison.Ordinal);
        Assert.Contains("the proxy", (await Assert.ThrowsAsync<IOException>(() => tunnelling)).Message, StringComparison.Ordinal);
    }

    private static async Task AcceptOneAsync(Socket listener)
    {
        using var client = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await using var stream = new NetworkStream(client);
        await GreetAndEchoAsync(stream, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_pinned_certificate_is_the_only_one_that_is_trusted()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("elsewhere.example");
        using var other = authority.Issue("127.0.0.1");
        await using var master = Secure(certificate);
        var good = CertificatePin.TryParse(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(certificate.RawData)))!;
        var wrong = CertificatePin.TryParse(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(other.RawData)))!;

        Assert.Equal("helloecho", await TalkAsync(new ClientEndpoint.Tls(Loopback(master.Port), "127.0.0.1") { Pins = [wrong, good] }));
        Assert.Contains("cannot trust", await FailAsync(new ClientEndpoint.Tls(Loopback(master.Port), "127.0.0.1") { Pins = [wrong] }), StringComparison.Ordinal);
        // An authority that vouches for it changes nothing.
        await using var vouched = Secure(other);
        Assert.Contains("cannot trust", await FailAsync(new ClientEndpoint.Tls(Loopback(vouched.Port), "127.0.0.1", authority.TrustRoots) { Pins = [good] }), StringComparison.Ordinal);
    }
}
