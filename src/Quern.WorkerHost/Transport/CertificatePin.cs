using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quern.WorkerHost;

/// <summary>
/// Which certificate is the right one: the SHA-256 of the whole of it (DER), or of its public key (SubjectPublicKeyInfo), which stays
/// when it is renewed with the same key.
/// </summary>
internal sealed record CertificatePin
{
    private readonly byte[] _sha256;

    private CertificatePin(byte[] sha256) => _sha256 = sha256;

    /// <summary>64 hexadecimal digits, also with colons between them, or 32 bytes in base64; null for anything else.</summary>
    public static CertificatePin? TryParse(string text)
    {
        if (text.Length > 3 * SHA256.HashSizeInBytes) return null;
        byte[] bytes = new byte[SHA256.HashSizeInBytes];
        string digits = text.Replace(":", "", StringComparison.Ordinal);
        if (digits.Length == 2 * bytes.Length && Convert.FromHexString(digits, bytes, out _, out int written) == System.Buffers.OperationStatus.Done && written == bytes.Length)
            return new CertificatePin(bytes);
        return Convert.TryFromBase64String(text, bytes, out written) && written == bytes.Length ? new CertificatePin(bytes) : null;
    }

    /// <param name="certificate">DER, from the peer.</param>
    public bool Fits(byte[] certificate)
    {
        if (SHA256.HashData(certificate).AsSpan().SequenceEqual(_sha256)) return true;
        try
        {
            using var read = X509CertificateLoader.LoadCertificate(certificate);
            return SHA256.HashData(read.PublicKey.ExportSubjectPublicKeyInfo()).AsSpan().SequenceEqual(_sha256);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public bool Equals(CertificatePin? other) => other is not null && _sha256.AsSpan().SequenceEqual(other._sha256);

    public override int GetHashCode() => BitConverter.ToInt32(_sha256);

    public override string ToString() => Convert.ToHexStringLower(_sha256);
}
