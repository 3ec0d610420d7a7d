using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quern.Model;

namespace Quern.MasterHost.Agents;

/// <summary>
/// What is taken over from an agent's PKCS#10 request: its public key, which it proved to have the private key of, and the name it would
/// like. Nothing else of it is used; its extensions are not even read.
/// </summary>
internal sealed record SigningRequest(PublicKey PublicKey, Sha256Hash PublicKeySha256, string CommonName)
{
    public const int MaxBytes = 8 * 1024;
    private const string EcPublicKey = "1.2.840.10045.2.1";
    private const string NistP256 = "1.2.840.10045.3.1.7";
    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    private const string CommonNameType = "2.5.4.3";
    private const int MinRsaBits = 2048;

    /// <summary>Beyond, a signature costs more to check than anybody needs.</summary>
    private const int MaxRsaBits = 4096;

    /// <summary>Null when it cannot be used; never throws for what is in it.</summary>
    /// <param name="der">From anybody.</param>
    /// <param name="problem">Then what is wrong.</param>
    public static SigningRequest? Read(ReadOnlyMemory<byte> der, out string problem)
    {
        problem = der.IsEmpty ? "no certificate request" : der.Length > MaxBytes ? "the certificate request is too long" : "";
        if (problem.Length > 0) return null;
        try
        {
            byte[] bytes = der.ToArray();
            // First without the signature: a huge key must not be calculated with.
            var unproved = CertificateRequest.LoadSigningRequest(
                bytes, HashAlgorithmName.SHA256, out int read, CertificateRequestLoadOptions.SkipSignatureValidation);
            problem = read != bytes.Length ? "the certificate request has something after its end" : KeyProblem(unproved.PublicKey);
            if (problem.Length > 0) return null;
            var request = CertificateRequest.LoadSigningRequest(bytes, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default, RSASignaturePadding.Pkcs1);
            byte[] key = request.PublicKey.ExportSubjectPublicKeyInfo();
            return new SigningRequest(request.PublicKey, Sha256Hash.Of(key), NameIn(request.SubjectName));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            problem = "the certificate request cannot be read, or is not signed by its own key";
            return null;
        }
    }

    private static string KeyProblem(PublicKey key)
    {
        switch (key.Oid.Value)
        {
            case EcPublicKey:
                using (var ec = key.GetECDsaPublicKey())
                    return ec?.ExportParameters(includePrivateParameters: false).Curve is { IsNamed: true } curve && curve.Oid.Value == NistP256
                        ? ""
                        : "the key is on another curve than P-256";
            case RsaEncryption:
                using (var rsa = key.GetRSAPublicKey())
                    return rsa?.KeySize is >= MinRsaBits and <= MaxRsaBits ? "" : $"the RSA key has not from {MinRsaBits} to {MaxRsaBits} bits";
            default:
                return "the key is neither ECDSA P-256 nor RSA";
        }
    }

    /// <summary>The one common name; empty when there is none or several.</summary>
    private static string NameIn(X500DistinguishedName subject)
    {
        string name = "";
        foreach (var part in subject.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements || part.GetSingleElementType().Value != CommonNameType) continue;
            if (name.Length > 0) return "";
            name = part.GetSingleElementValue() ?? "";
        }
        return name;
    }
}
