using System.Net.Security;

namespace Quern.Peers.Buildbot;

/// <summary>The client certificate that a peer showed within TLS, if any, and whose it is.</summary>
internal sealed class ShownCertificate
{
    public ShownCertificate(Stream stream, ICertificateGate? certificates)
    {
        if (certificates is null || stream is not SslStream { RemoteCertificate: { } certificate }) return;
        Bytes = certificate.GetRawCertData();
        Worker = certificates.Recognize(Bytes);
        IsStrange = Worker is null;
    }

    /// <summary>DER; empty when none was shown.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Null when none was shown, or one that nobody is known by.</summary>
    public CertifiedWorker? Worker { get; }

    /// <summary>One was shown that nobody is known by.</summary>
    public bool IsStrange { get; }
}
