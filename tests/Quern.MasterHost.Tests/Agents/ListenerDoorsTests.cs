using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quern.MasterHost.Agents;
using Quern.MasterHost.Configuration;

namespace Quern.MasterHost.Tests.Agents;

public sealed class ListenerDoorsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_pin_is_that_of_the_key_which_a_door_really_shows()
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=door", pair, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        await using var admin = new Door(made);
        await using var master = new Door(made);
        await using var plain = new Door(null);
        var doors = new ListenerDoors(() =>
        [
            (ListenerProtocols.Admin, admin.EndPoint), (ListenerProtocols.BuildbotMessagePack, master.EndPoint), (ListenerProtocols.BuildbotMessagePack, plain.EndPoint),
            (ListenerProtocols.Admin, new IPEndPoint(IPAddress.Loopback, 1)), (ListenerProtocols.Branch, plain.EndPoint),
        ], TimeProvider.System);

        var found = await doors.FindAsync(Cancellation);

        Assert.Equal((admin.EndPoint, master.EndPoint), (Assert.Single(found.Admin), Assert.Single(found.Masters)));
        Assert.Equal(Convert.ToBase64String(SHA256.HashData(pair.ExportSubjectPublicKeyInfo())), Assert.Single(found.KeyPins));
    }

    /// <summary>Lets everybody in, with TLS or answering what is no TLS.</summary>
    private sealed class Door : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly X509Certificate2? _certificate;
        private readonly Task _serving;

        public Door(X509Certificate2? certificate)
        {
            _certificate = certificate;
            _listener.Start();
            _serving = ServeAsync();
        }

        public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
            _listener.Dispose();
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var socket = await _listener.AcceptSocketAsync();
                    await using var stream = new NetworkStream(socket);
                    try
                    {
                        if (_certificate is null)
                        {
                            await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
                            continue;
                        }
                        await using var tls = new SslStream(stream);
                        await tls.AuthenticateAsServerAsync(_certificate);
                    }
                    catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
                    {
                        // Whoever knocked went away; the next one comes.
                    }
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The end.
            }
        }
    }
}
