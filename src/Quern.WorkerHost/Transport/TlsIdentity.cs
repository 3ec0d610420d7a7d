using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quern.WorkerHost;

/// <summary>What one handshake needs, read from the files that the endpoint names; read anew each time, so a renewed certificate is taken.</summary>
internal sealed class TlsIdentity : IDisposable
{
    private readonly X509Certificate2Collection _trusted = [];
    private readonly X509Certificate2? _own;

    private TlsIdentity(ClientEndpoint.Tls tls)
    {
        Options = new SslClientAuthenticationOptions { TargetHost = tls.ServerName, EnabledSslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12 };
        if (!tls.Pins.IsEmpty)
            Options.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null && tls.Pins.Any(p => p.Fits(shown.GetRawCertData()));
        if (tls.TrustRoots is { } folder)
        {
            foreach (string file in Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f).Equals(".pem", StringComparison.OrdinalIgnoreCase)))
                _trusted.ImportFromPemFile(file);
            Options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,   // as stock workers
            };
            Options.CertificateChainPolicy.CustomTrustStore.AddRange(_trusted);
        }
        if (tls.Certificate is { } certificate)
        {
            _own = X509Certificate2.CreateFromPemFile(certificate, tls.PrivateKey);
            Options.ClientCertificateContext = SslStreamCertificateContext.Create(_own, additionalCertificates: null, offline: true);
        }
    }

    public SslClientAuthenticationOptions Options { get; }

    /// <exception cref="IOException">A file cannot be read or holds no certificate.</exception>
    public static TlsIdentity Load(ClientEndpoint.Tls tls)
    {
        try
        {
            return new TlsIdentity(tls);
        }
        catch (Exception e) when (e is CryptographicException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot use the certificates of {tls}: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        _own?.Dispose();
        foreach (var certificate in _trusted) certificate.Dispose();
    }
}
