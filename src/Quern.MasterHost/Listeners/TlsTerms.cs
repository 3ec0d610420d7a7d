using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Quern.MasterHost.Listeners;

/// <summary>How this master speaks TLS.</summary>
internal static class TlsTerms
{
    /// <param name="certificate">Of the listener, with its key and chain.</param>
    /// <param name="older">Whether TLS 1.2 is good enough, for peers that know nothing newer.</param>
    /// <param name="asksWho">Whether the peer is asked for a certificate. It need not have one, and any is let through: the protocol judges it.</param>
    public static SslServerAuthenticationOptions Of(SslStreamCertificateContext certificate, bool older, bool asksWho) => new()
    {
        ServerCertificateContext = certificate,
        EnabledSslProtocols = older ? SslProtocols.Tls12 | SslProtocols.Tls13 : SslProtocols.Tls13,
        ClientCertificateRequired = asksWho,
        RemoteCertificateValidationCallback = asksWho ? (_, _, _, _) => true : null,
        CertificateChainPolicy = asksWho ? NoChain() : null,
        AllowRenegotiation = false,
        // A session that is resumed would carry a peer's certificate past its revocation.
        AllowTlsResume = !asksWho,
    };

    /// <summary>No authority of this machine is asked about a peer, and nothing is fetched from the network for it.</summary>
    private static X509ChainPolicy NoChain() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
        VerificationFlags = X509VerificationFlags.AllFlags,
    };
}
