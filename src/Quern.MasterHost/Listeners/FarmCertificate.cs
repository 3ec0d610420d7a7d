using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quern.MasterHost.Listeners;

/// <summary>
/// The farm's own certificate, made at the first start and kept in the data folder. It is signed by itself: peers know it by its
/// fingerprint, not by an authority.
/// </summary>
internal static class FarmCertificate
{
    private const int Years = 10;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Reads it, or makes it when there is none; null, and why, when neither can be.</summary>
    /// <param name="folder">Of the keys; made when missing, for its owner alone.</param>
    /// <param name="time">What the time is, for a new one.</param>
    /// <param name="why">Empty on success.</param>
    public static X509Certificate2? Ensure(string folder, TimeProvider time, out string why)
    {
        why = "";
        string file = Path.Combine(folder, "farm-certificate.pem");
        try
        {
            Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
            if (!File.Exists(file)) Write(file, Make(time.GetUtcNow()));
            return X509Certificate2.CreateFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            why = $"The farm's certificate '{file}' cannot be used: {e.Message.TrimEnd('.')}. " +
                "Bring it back, or move it away: then a new one is made, and everybody who knows the old one by its fingerprint must be told.";
            return null;
        }
    }

    /// <summary>SHA-256 of the certificate, as lower-case hex: what peers compare.</summary>
    public static string FingerprintOf(X509Certificate2 certificate) => Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));

    /// <summary>Certificate and key in one text, so that no file is ever there without the other.</summary>
    private static string Make(DateTimeOffset now)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Quern farm", pair, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(Names());
        // An hour back, for peers whose clocks are slow.
        using var made = request.CreateSelfSigned(now.AddHours(-1), now.AddYears(Years));
        return $"{made.ExportCertificatePem()}\n{pair.ExportPkcs8PrivateKeyPem()}\n";
    }

    private static X509Extension Names()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        // What a machine may be called is wider than what may stand in a certificate.
        if (Uri.CheckHostName(Environment.MachineName) == UriHostNameType.Dns && Environment.MachineName != "localhost") names.AddDnsName(Environment.MachineName);
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        return names.Build();
    }

    /// <summary>Whole or not at all, whenever the master is killed.</summary>
    private static void Write(string path, string text)
    {
        string half = path + ".new";
        File.Delete(half);
        using (var file = new FileStream(half, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Private }))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(half, path, overwrite: true);
    }
}
