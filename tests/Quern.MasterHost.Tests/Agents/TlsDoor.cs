using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>A port on loopback that asks for a client certificate, takes any, and leaves the judgement to what is behind it.</summary>
internal sealed class TlsDoor : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _certificate;
    private readonly Func<SslStream, string, CancellationToken, Task> _serve;
    private readonly Task _accepting;

    public TlsDoor(X509Certificate2 certificate, Func<SslStream, string, CancellationToken, Task> serve)
    {
        (_certificate, _serve) = (certificate, serve);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>A certificate of a farm, vouched for by nobody.</summary>
    public static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var made = new CertificateRequest("CN=farm", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        // The platform's TLS wants a key it can hand on, not one that lives in this object.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    public static string SpkiOf(X509Certificate2 certificate) => Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true) serving.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Closed.
        }
        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(Socket peer)
    {
        string remote = peer.RemoteEndPoint!.ToString()!;
        await using var stream = new SslStream(new NetworkStream(peer, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = _certificate,
                    ClientCertificateRequired = true,
                    // Who it is, and whether that counts, is for what is behind this door to say.
                    RemoteCertificateValidationCallback = (_, client, _, _) => client is null || client.GetRawCertData().Length > 0,
                }, _stop.Token);
            await _serve(stream, remote, _stop.Token);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException)
        {
            // The peer left, or did not trust us.
        }
    }
}
