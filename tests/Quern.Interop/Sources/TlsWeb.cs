using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Quern.Interop.Sources;

/// <summary>A web server over TLS on loopback, with a certificate of its own for <c>localhost</c>. Answers by path.</summary>
internal sealed class TlsWeb : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly X509Certificate2 _certificate = MakeCertificate();
    private readonly IReadOnlyDictionary<string, string> _answers;
    private readonly Task _serving;

    /// <param name="answers">Whole answers by path; <c>HERE</c> in them stands for the server's address.</param>
    public TlsWeb(IReadOnlyDictionary<string, string> answers)
    {
        _answers = answers;
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address => $"https://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>What a client must trust.</summary>
    public string CertificatePem => _certificate.ExportCertificatePem();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _serving;
        _stopping.Dispose();
        _certificate.Dispose();
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private async Task ServeAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                await AnswerAsync(client.GetStream());
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or AuthenticationException)
            {
                // Stopped, or a client that does not trust it hung up; the next may.
            }
        }
    }

    private async Task AnswerAsync(NetworkStream connection)
    {
        await using var tls = new SslStream(connection);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stopping.Token);
        using var reader = new StreamReader(tls, leaveOpen: true);
        string path = (await reader.ReadLineAsync(_stopping.Token))?.Split(' ') is [_, var asked, ..] ? asked : "";
        while (await reader.ReadLineAsync(_stopping.Token) is { Length: > 0 }) { }
        string answer = _answers.GetValueOrDefault(path, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        await tls.WriteAsync(Encoding.ASCII.GetBytes(answer.Replace("HERE", Address, StringComparison.Ordinal)), _stopping.Token);
        await tls.ShutdownAsync();
    }
}
