using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quern.Testing;

namespace Quern.WorkerHost.Tests;

/// <summary>A certificate authority of one test: made now, trusted by nobody who is not given its folder.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public TestAuthority()
    {
        var request = new CertificateRequest("CN=Quern test authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        _root = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(_folder.Path, "root.pem"), _root.ExportCertificatePem());
    }

    /// <summary>A folder as <c>trustRoots</c> wants it.</summary>
    public string TrustRoots => _folder.Path;

    /// <summary>A certificate for a DNS name or an address, with its key.</summary>
    public X509Certificate2 Issue(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(_root, _root.NotBefore, _root.NotAfter, RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);
        // The platform's TLS wants a key it can hand on, not one that lives in this object.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>A PEM file with a certificate and its key, as <c>certificate</c> of an endpoint names it.</summary>
    public string IssueFile(string name)
    {
        using var certificate = Issue(name);
        using var key = certificate.GetECDsaPrivateKey()!;
        string path = Path.Combine(_folder.Path, $"{name}.cert");
        // The key of a loaded PKCS#12 can be exported in the clear only after a round trip through an encrypted form.
        using var copy = ECDsa.Create();
        var form = new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1);
        copy.ImportEncryptedPkcs8PrivateKey("x", key.ExportEncryptedPkcs8PrivateKey("x", form), out _);
        File.WriteAllText(path, certificate.ExportCertificatePem() + "\n" + copy.ExportPkcs8PrivateKeyPem() + "\n");
        return path;
    }

    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
        _folder.Dispose();
    }
}
