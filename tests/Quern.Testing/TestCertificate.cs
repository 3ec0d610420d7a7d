using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quern.Testing;

/// <summary>Certificates that sign themselves, made for one test.</summary>
public static class TestCertificate
{
    public static X509Certificate2 Make(string name = "localhost", DateTimeOffset? notAfter = null, ECCurve? curve = null)
    {
        using var key = ECDsa.Create(curve ?? ECCurve.NamedCurves.nistP256);
        return Sign(new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256), notAfter);
    }

    public static X509Certificate2 MakeRsa(int bits)
    {
        using var key = RSA.Create(bits);
        return Sign(new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), null);
    }

    /// <summary>The key alone, as PKCS#8.</summary>
    public static string KeyPemOf(X509Certificate2 certificate) =>
        certificate.GetECDsaPrivateKey()?.ExportPkcs8PrivateKeyPem() ?? certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem();

    private static X509Certificate2 Sign(CertificateRequest request, DateTimeOffset? notAfter)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var end = notAfter ?? TimeProvider.System.GetUtcNow().AddDays(2);
        return request.CreateSelfSigned(end.AddDays(-30), end);
    }
}
