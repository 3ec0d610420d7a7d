using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Quern.Peers.Buildbot;
using Quern.Peers.Ports;
using Quern.Testing;
using Xunit;

namespace Quern.Peers.Tests.Ports;

/// <summary>Real sockets on loopback: who comes in by a port, who does not, and what becomes of those who are in.</summary>
public sealed class PortTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] OneByte = new byte[1];

    private readonly RecordingAcceptor _acceptor = new();
    private readonly ManualTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_port_without_TLS_hands_over_the_connection_with_both_addresses()
    {
        await using var port = Open(new PortSettings(_acceptor) { Agents = false });
        using var peer = await ConnectAsync(port);

        var came = await _acceptor.NextAsync();

        Assert.IsType<NetworkStream>(came.Stream);
        Assert.Equal((peer.Client.LocalEndPoint, peer.Client.RemoteEndPoint), (came.Remote, came.Local));
        Assert.Equal((false, true), (came.Agents, came.People));
        Assert.Equal(new PortCounts(1, 1, 0, 0, 0, 0), port.Counts);
    }

    [Fact]
    public async Task A_peer_that_speaks_TLS_1_3_comes_in_and_one_that_stops_at_1_2_does_not()
    {
        using var certificate = TestCertificate.Make();
        await using var port = Open(new PortSettings(_acceptor) { Tls = Offer(certificate) });

        await using var newer = await SecureAsync(port, SslProtocols.Tls13);
        var came = await _acceptor.NextAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => SecureAsync(port, SslProtocols.Tls12));
        using var plain = await ConnectAsync(port);
        await plain.GetStream().WriteAsync("RQ hello, without TLS\r\n\r\n"u8.ToArray(), Cancellation);
        await EndAsync(plain.GetStream());

        Assert.Equal(SslProtocols.Tls13, Assert.IsType<SslStream>(came.Stream).SslProtocol);
        Assert.Equal(certificate.GetCertHashString(), newer.RemoteCertificate!.GetCertHashString());
        Assert.True(_acceptor.IsQuiet);
        Assert.Equal((1, 2, 2), (port.Counts.Accepted, port.Counts.TlsFailed, port.Counts.Refused));
    }

    [Fact]
    public async Task A_certificate_of_the_peer_is_asked_for_and_handed_over_whoever_signed_it_and_none_is_needed()
    {
        using var certificate = TestCertificate.Make();
        using var own = TestCertificate.Make("agent-7");
        await using var port = Open(new PortSettings(_acceptor) { Tls = Offer(certificate, asksWho: true) });

        await using var agent = await SecureAsync(port, SslProtocols.Tls13, own);
        var first = (SslStream)(await _acceptor.NextAsync()).Stream;
        await using var person = await SecureAsync(port, SslProtocols.Tls13);
        var second = (SslStream)(await _acceptor.NextAsync()).Stream;

        Assert.Equal("CN=agent-7", first.RemoteCertificate?.Subject);
        Assert.Null(second.RemoteCertificate);
    }

    [Fact]
    public async Task A_peer_that_says_nothing_keeps_nobody_waiting_and_is_closed_in_the_end()
    {
        using var certificate = TestCertificate.Make();
        var asked = new SemaphoreSlim(0);
        var offer = Offer(certificate);
        await using var port = Open(new PortSettings(_acceptor)
        {
            Tls = () =>
            {
                asked.Release();
                return offer();
            },
            Limits = new PortLimits { Handshake = TimeSpan.FromSeconds(7) },
        });
        using var silent = await ConnectAsync(port);
        Assert.True(await asked.WaitAsync(Patience, Cancellation));

        await using var other = await SecureAsync(port, SslProtocols.Tls13);
        await _acceptor.NextAsync();
        _time.Advance(TimeSpan.FromSeconds(8));
        await EndAsync(silent.GetStream());

        Assert.Equal(new PortCounts(1, 1, 0, 0, 0, 1), port.Counts with { Active = 1 });
        await other.WriteAsync("x"u8.ToArray(), Cancellation);
        Assert.Equal(1, await other.ReadAsync(new byte[1], Cancellation));
    }

    [Fact, Trait("CWE", "770")]
    public void All_ports_together_leave_descriptors_for_the_rest()
    {
        var budget = new ConnectionBudget(2);
        PortDoorman one = new(budget, TimeProvider.System), other = new(budget, TimeProvider.System);

        Assert.True(one.Admits(new PortLimits()));
        Assert.True(other.Admits(new PortLimits()));
        Assert.False(one.Admits(new PortLimits()));
        Assert.Equal((1, 1L), (one.Counts.Active, one.Counts.TooMany));
        // Who is not let in for another reason takes nothing of it.
        Assert.False(other.Admits(new PortLimits { Connections = 1 }));
        other.Left();
        Assert.True(one.Admits(new PortLimits()));
        Assert.False(other.Admits(new PortLimits()));
    }

    [Theory]
    [InlineData("Max open files            1048576              1048576              files     ", 786_432)]
    [InlineData("Max open files            1024                 4096                 files", 512)]
    [InlineData("Max open files            100                  100                  files", 16)]
    [InlineData("Max open files            unlimited            unlimited            files", int.MaxValue)]
    [InlineData("Max processes             1024                 4096                 processes", int.MaxValue)]
    public void Connections_take_three_quarters_of_the_descriptors_at_most(string line, int most) =>
        Assert.Equal(most, ConnectionBudget.MostOf(["Limit                     Soft Limit           Hard Limit           Units     ", line]));

    [Fact]
    public async Task Who_comes_beyond_the_limit_is_closed_and_a_place_that_is_free_again_is_given_away()
    {
        await using var port = Open(new PortSettings(_acceptor) { Limits = new PortLimits { Connections = 2 } });
        using var first = await ConnectAsync(port);
        await _acceptor.NextAsync();
        using (var second = await ConnectAsync(port))
        {
            await _acceptor.NextAsync();
            using var third = await ConnectAsync(port);
            await EndAsync(third.GetStream());
            Assert.Equal(new PortCounts(2, 2, 1, 0, 0, 0), port.Counts);
        }
        Assert.Equal("peer", await _acceptor.NextEndAsync());

        port.Settings = port.Settings with { Limits = new PortLimits { Connections = 3 } };
        using var fourth = await ConnectAsync(port);
        await _acceptor.NextAsync();

        Assert.Equal((3, 1), (port.Counts.Accepted, port.Counts.TooMany));
    }

    [Fact]
    public async Task Who_comes_too_fast_is_closed_until_time_has_passed()
    {
        await using var port = Open(new PortSettings(_acceptor) { Limits = new PortLimits { PerSecond = 2 } });

        using var first = await ConnectAsync(port);
        using var second = await ConnectAsync(port);
        using var third = await ConnectAsync(port);
        await EndAsync(third.GetStream());
        _time.Advance(TimeSpan.FromMilliseconds(500));
        using var fourth = await ConnectAsync(port);
        for (int i = 0; i < 3; i++) await _acceptor.NextAsync();

        Assert.Equal(new PortCounts(3, 3, 0, 1, 0, 0), port.Counts);
    }

    [Fact]
    public async Task A_port_that_stops_lets_those_who_are_in_go_on_and_ends_with_the_last()
    {
        await using var port = Open(new PortSettings(_acceptor));
        var peer = await ConnectAsync(port);
        await _acceptor.NextAsync();

        var drained = port.DrainAsync(Cancellation);
        await port.StopAcceptingAsync();
        using (var late = new TcpClient()) await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(port.EndPoint, Cancellation).AsTask());
        await peer.GetStream().ReadExactlyAsync(OneByte, Cancellation);
        await peer.GetStream().WriteAsync("x"u8.ToArray(), Cancellation);
        await peer.GetStream().ReadExactlyAsync(OneByte, Cancellation);
        Assert.False(drained.IsCompleted);
        peer.Dispose();

        await drained.WaitAsync(Patience, Cancellation);
        Assert.Equal("peer", await _acceptor.NextEndAsync());
    }

    [Fact]
    public async Task A_port_that_is_closed_closes_those_who_are_in()
    {
        using var certificate = TestCertificate.Make();
        await using var port = Open(new PortSettings(_acceptor) { Tls = Offer(certificate) });
        await using var peer = await SecureAsync(port, SslProtocols.Tls13);
        await _acceptor.NextAsync();
        using var silent = await ConnectAsync(port);

        await port.CloseAsync().WaitAsync(Patience, Cancellation);
        await port.CloseAsync().WaitAsync(Patience, Cancellation);

        Assert.Equal("closed", await _acceptor.NextEndAsync());
        await EndAsync(silent.GetStream());
        Assert.Equal((0, 0), (port.Counts.Active, port.Counts.Refused));
    }

    [Fact]
    public async Task The_next_peer_meets_what_was_set_meanwhile_and_the_one_before_keeps_what_it_has()
    {
        using var old = TestCertificate.Make();
        using var renewed = TestCertificate.Make();
        await using var port = Open(new PortSettings(_acceptor) { Tls = Offer(old) });
        await using var before = await SecureAsync(port, SslProtocols.Tls13);
        await _acceptor.NextAsync();

        port.Settings = port.Settings with { Tls = Offer(renewed), People = false };
        await using var after = await SecureAsync(port, SslProtocols.Tls13);

        Assert.False((await _acceptor.NextAsync()).People);
        Assert.Equal(
            (old.GetCertHashString(), renewed.GetCertHashString()), (before.RemoteCertificate!.GetCertHashString(), after.RemoteCertificate!.GetCertHashString()));
        await before.ReadExactlyAsync(OneByte, Cancellation);
        await before.WriteAsync("x"u8.ToArray(), Cancellation);
        await before.ReadExactlyAsync(OneByte, Cancellation);
    }

    [Fact]
    public async Task A_port_of_both_families_tells_of_IPv4_peers_as_such()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using var port = WorkerListener.Open(new IPEndPoint(IPAddress.IPv6Any, 0), new PortSettings(_acceptor), _time);
        using var peer = new TcpClient(AddressFamily.InterNetwork);

        await peer.ConnectAsync(IPAddress.Loopback, port.EndPoint.Port, Cancellation);

        Assert.Equal(IPAddress.Loopback, (await _acceptor.NextAsync()).Remote.Address);
    }

    private WorkerListener Open(PortSettings settings) => WorkerListener.Open(new IPEndPoint(IPAddress.Loopback, 0), settings, _time);

    private static Func<SslServerAuthenticationOptions> Offer(X509Certificate2 certificate, bool asksWho = false) => () => new SslServerAuthenticationOptions
    {
        ServerCertificate = certificate,
        EnabledSslProtocols = SslProtocols.Tls13,
        ClientCertificateRequired = asksWho,
        RemoteCertificateValidationCallback = asksWho ? (_, shown, _, _) => shown is null || shown.Subject.Length > 0 : null,
    };

    private static async Task<TcpClient> ConnectAsync(WorkerListener port)
    {
        var peer = new TcpClient(AddressFamily.InterNetwork);
        await peer.ConnectAsync(port.EndPoint, Cancellation);
        return peer;
    }

    /// <summary>Within TLS, once the acceptor has greeted: a server of TLS 1.3 may still refuse after the client is satisfied.</summary>
    private static async Task<SslStream> SecureAsync(WorkerListener port, SslProtocols version, X509Certificate2? own = null)
    {
        var peer = await ConnectAsync(port);
        var secured = new SslStream(peer.GetStream());
        try
        {
            await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = version,
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
                ClientCertificates = own is null ? null : [own],
            }, Cancellation);
            return secured;
        }
        catch
        {
            // Once the port has closed it, it has counted it.
            await EndAsync(peer.GetStream());
            await secured.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads until the other side has closed, however it did.</summary>
    private static async Task EndAsync(Stream stream)
    {
        try
        {
            byte[] rest = new byte[256];
            while (await stream.ReadAsync(rest, Cancellation).AsTask().WaitAsync(Patience, Cancellation) > 0) { }
        }
        catch (IOException)
        {
        }
    }
}
