using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quern.MasterHost.Access;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>Makes authorities of groups, and the certificates that they sign.</summary>
internal static class Authority
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;

    /// <summary>An authority outlives everything it signs; it is not renewed.</summary>
    private const int Years = 20;

    /// <summary>Clocks that are behind by so much still find a new certificate in force.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    public static StoredAuthority Make(StoredGroup group, SecretVault vault, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(NameOf(group.Name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(Whole(now - Skew), Whole(now).AddYears(Years));
        byte[] secret = key.ExportPkcs8PrivateKey();
        try
        {
            string id = $"{Guid.NewGuid()}";
            return new StoredAuthority(id, group.Id, [.. certificate.RawData], vault.Close(secret, id));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Signs a certificate for an agent's public key; what else stands in it is decided here alone. The caller disposes it.</summary>
    /// <exception cref="CryptographicException">The authority's private key cannot be opened.</exception>
    public static X509Certificate2 Sign(StoredAuthority authority, SecretVault vault, StoredAgent agent, PublicKey key, DateTimeOffset now, TimeSpan lifetime)
    {
        using var issuer = X509CertificateLoader.LoadCertificate(authority.Certificate.AsSpan());
        var request = new CertificateRequest(NameOf(agent.Worker.Value), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ClientAuthentication)], critical: true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri($"urn:uuid:{agent.Uuid}"));
        request.CertificateExtensions.Add(names.Build());

        byte[] secret = vault.Open(authority.PrivateKey, authority.Id) ?? throw new CryptographicException(
            $"The private key of the authority of group '{agent.Group}' cannot be opened: the folder 'keys' of the data folder is not the one that it was made with.");
        try
        {
            using var signer = ECDsa.Create();
            signer.ImportPkcs8PrivateKey(secret, out _);
            var end = Whole(now + lifetime);
            return request.Create(
                issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), Whole(now - Skew), end < issuer.NotAfter ? end : issuer.NotAfter, NewSerial());
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Whether this authority signed the certificate for a client, and it is in force now.</summary>
    public static bool Stands(X509Certificate2 certificate, X509Certificate2 issuer, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(issuer);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;   // we know ourselves what we revoked
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        bool stands = chain.Build(certificate);
        foreach (var element in chain.ChainElements) element.Certificate.Dispose();
        return stands;
    }

    private static X500DistinguishedName NameOf(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name);
        return builder.Build();
    }

    private static byte[] NewSerial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(SerialBytes);
        // Positive, and without a leading zero byte that would be left out.
        serial[0] = (byte)(serial[0] & 0x7F | 0x40);
        return serial;
    }

    private static DateTimeOffset Whole(DateTimeOffset time) => new(time.Ticks - time.Ticks % TimeSpan.TicksPerSecond, time.Offset);
}
