using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Quern.Cli.Admin;

/// <summary>
/// Which certificate a listener must show. Farms sign theirs themselves, so it is known by its fingerprint: SHA-256 of the certificate or of
/// its public key (SubjectPublicKeyInfo). What was once given is kept in the data folder, and another certificate is refused later.
/// </summary>
/// <param name="data">The data folder.</param>
internal sealed class CertificatePins(string data, AdminAddress server)
{
    private string File => Path.Combine(data, $"admin-{server.FileName}.pin");

    /// <summary>Reads a fingerprint as people write it: hexadecimal, with colons or without.</summary>
    /// <exception cref="CommandFailedException">It is none.</exception>
    public static string Parse(string text)
    {
        string hex = text.Trim().Replace(":", "", StringComparison.Ordinal).ToLowerInvariant();
        if (hex.StartsWith("sha256", StringComparison.Ordinal)) hex = hex["sha256".Length..].TrimStart('/', '=');
        if (hex.Length == 64 && hex.All(char.IsAsciiHexDigit)) return hex;
        throw new CommandFailedException(ExitCode.Usage, $"'{text}' is not a fingerprint: it is 64 hexadecimal digits, the SHA-256 of the certificate or of its public key.");
    }

    public static string FingerprintOf(X509Certificate2 certificate) => Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));

    /// <summary>Whether a certificate is the one with this fingerprint.</summary>
    public static bool Fits(X509Certificate2 certificate, string pin) =>
        pin == FingerprintOf(certificate) || pin == Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>What was kept, or what the farm of this machine has in its data folder; null for neither.</summary>
    public string? Known()
    {
        if (System.IO.File.Exists(File)) return Parse(System.IO.File.ReadAllText(File));
        string own = Path.Combine(data, "keys", "farm-certificate.pem");
        if (!server.IsLoopback || !System.IO.File.Exists(own)) return null;
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(System.IO.File.ReadAllText(own));
            return FingerprintOf(certificate);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Keep(string pin)
    {
        Directory.CreateDirectory(data);
        WholeFile.Write(File, Encoding.ASCII.GetBytes(pin + "\n"), owners: true);
    }

    /// <summary>For the person who has to do something about it.</summary>
    public string Advice(string shown) => System.IO.File.Exists(File)
        ? $"It shows another certificate than before ({shown}). If the farm really has a new one, delete '{File}' or give --fingerprint."
        : $"Its certificate is not known here. Compare its fingerprint with the farm's ('quern status' shows it there), then give it: --fingerprint {shown}";
}
