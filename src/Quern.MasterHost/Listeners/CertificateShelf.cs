using System.Security.Cryptography;
using System.Text;
using Quern.MasterHost.Access;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>
/// Turns how a listener is to be secured into what it shows. Keys that were given are encrypted for the database by keys of the data folder, so
/// that a copy of the database alone is not enough to pose as the farm.
/// </summary>
/// <param name="farm">The farm's own.</param>
internal sealed class CertificateShelf(SecretVault vault, ServedCertificate farm, TimeProvider time)
{
    public ServedCertificate Farm => farm;

    /// <summary>What is stored for a wish; null, and why, when it cannot be used.</summary>
    /// <param name="why">The end of a sentence; empty on success.</param>
    public StoredTls? Keep(ListenerTls wish, bool older, out string why)
    {
        why = "";
        switch (wish)
        {
            case ListenerTls.Plain:
                return StoredTls.None;
            case ListenerTls.Farm:
                return new StoredTls("farm", Older: older);
            case ListenerTls.Files files:
                if (!Path.IsPathFullyQualified(files.Certificate) || !Path.IsPathFullyQualified(files.Key)) why = "the files of certificate and key need absolute paths";
                else if (CertificateFiles.TryOpen(files.Certificate, files.Key, time.GetUtcNow(), time, _ => { }, out why) is not null)
                    return new StoredTls("files", files.Certificate, files.Key, older);
                return null;
            case ListenerTls.Given given:
                if (CertificateReader.TryRead(given.Certificate.Span, given.Key.Span, time.GetUtcNow(), out why) is not { } read) return null;
                return new StoredTls("given", CertificateReader.ToPem(given.Certificate.Span), vault.Close(given.Key.Span, read.Sha256), older);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Where the certificate of a stored listener comes from; null without TLS, or, with a reason, when it cannot be used.</summary>
    /// <param name="tell">Told what became of changed files.</param>
    public CertificateSource? Open(StoredTls tls, Action<string> tell, out string why)
    {
        why = "";
        switch (tls.Kind)
        {
            case "none":
                return null;
            case "farm":
                return new CertificateSource.Fixed(farm);
            case "files":
                // Expired or not: whoever renews it may need this door for that.
                return CertificateFiles.TryOpen(tls.Certificate, tls.PrivateKey, null, time, tell, out why);
            case "given":
                byte[] chain = Encoding.ASCII.GetBytes(tls.Certificate);
                if (TryOpenKey(tls, chain, out why) is { } key && CertificateReader.TryRead(chain, key, null, out why) is { } read) return new CertificateSource.Fixed(read);
                return null;
            default:
                why = $"'{tls.Kind}' is no kind of certificate that this version knows";
                return null;
        }
    }

    /// <summary>A key opens only with the certificate that it was given with.</summary>
    private byte[]? TryOpenKey(StoredTls tls, byte[] chain, out string why)
    {
        why = "";
        try
        {
            using var leaf = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(chain));
            if (vault.Open(tls.PrivateKey, Convert.ToHexStringLower(leaf.GetCertHash(HashAlgorithmName.SHA256))) is { } key) return key;
        }
        catch (CryptographicException)
        {
            // No certificate: what is stored was changed by another hand.
        }
        why = $"its key cannot be opened: what '{vault.Folder}' held when it was given is gone. Give certificate and key again";
        return null;
    }
}
