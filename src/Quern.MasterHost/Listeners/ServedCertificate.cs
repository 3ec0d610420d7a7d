using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quern.MasterHost.Listeners;

/// <summary>A certificate that a listener shows, with its key and the chain that goes with it.</summary>
internal sealed record ServedCertificate(SslStreamCertificateContext Context, string Sha256, DateTimeOffset NotAfter)
{
    /// <param name="leaf">With its private key.</param>
    /// <param name="others">The rest of the chain.</param>
    public static ServedCertificate Of(X509Certificate2 leaf, X509Certificate2Collection? others = null) => new(
        // Offline: nothing is fetched from the network for the chain; what belongs to it is given.
        SslStreamCertificateContext.Create(leaf, others, offline: true),
        Convert.ToHexStringLower(leaf.GetCertHash(HashAlgorithmName.SHA256)),
        leaf.NotAfter.ToUniversalTime());
}
