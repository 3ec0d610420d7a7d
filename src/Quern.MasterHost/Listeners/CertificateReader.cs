using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Quern.MasterHost.Listeners;

/// <summary>Reads a certificate chain and its key, as PEM or DER, and says what is wrong with them.</summary>
internal static class CertificateReader
{
    public const int MaxChainBytes = 64 * 1024;
    public const int MaxKeyBytes = 16 * 1024;
    private const int MaxCertificates = 10;
    private const int MinRsaBits = 2048;
    private const int MinCurveBits = 256;

    /// <summary>Null, and why, when they cannot be used.</summary>
    /// <param name="chain">The listener's own certificate first, then those that signed it.</param>
    /// <param name="key">PKCS#8, without a password.</param>
    /// <param name="now">When it must be valid; null when that does not matter.</param>
    /// <param name="why">The end of a sentence; never holds anything of the key.</param>
    public static ServedCertificate? TryRead(ReadOnlySpan<byte> chain, ReadOnlySpan<byte> key, DateTimeOffset? now, out string why)
    {
        if (TryReadChain(chain, out why) is not { } certificates) return null;
        var leaf = certificates[0];
        if (now is { } at && Validity(leaf, at) is { } invalid)
        {
            why = invalid;
            return null;
        }
        if (TryJoin(leaf, key, out why) is not { } whole) return null;
        certificates.RemoveAt(0);
        return ServedCertificate.Of(whole, certificates);
    }

    /// <summary>The certificates as PEM, in their order; only for what <see cref="TryRead"/> took.</summary>
    public static string ToPem(ReadOnlySpan<byte> chain) =>
        TryReadChain(chain, out string why) is { } certificates
            ? string.Join('\n', certificates.Select(c => c.ExportCertificatePem())) + "\n"
            : throw new ArgumentException(why, nameof(chain));

    private static X509Certificate2Collection? TryReadChain(ReadOnlySpan<byte> chain, out string why)
    {
        var certificates = new X509Certificate2Collection();
        why = "there is no certificate in it";
        if (chain.Length > MaxChainBytes)
        {
            why = string.Create(CultureInfo.InvariantCulture, $"the chain is longer than {MaxChainBytes / 1024} KiB");
            return null;
        }
        try
        {
            if (IsPem(chain)) certificates.ImportFromPem(Encoding.ASCII.GetString(chain));
            else ReadDer(chain, certificates);
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException)
        {
            why = "it is no certificate chain in PEM or DER";
            return null;
        }
        if (certificates.Count > MaxCertificates) why = string.Create(CultureInfo.InvariantCulture, $"it holds more than {MaxCertificates} certificates");
        return certificates.Count is > 0 and <= MaxCertificates ? certificates : null;
    }

    private static void ReadDer(ReadOnlySpan<byte> chain, X509Certificate2Collection certificates)
    {
        while (!chain.IsEmpty && certificates.Count <= MaxCertificates)
        {
            AsnDecoder.ReadEncodedValue(chain, AsnEncodingRules.DER, out _, out _, out int length);
            certificates.Add(X509CertificateLoader.LoadCertificate(chain[..length]));
            chain = chain[length..];
        }
    }

    private static string? Validity(X509Certificate2 leaf, DateTimeOffset now)
    {
        if (leaf.NotAfter.ToUniversalTime() <= now.UtcDateTime) return $"the certificate expired on {leaf.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC";
        return leaf.NotBefore.ToUniversalTime() > now.UtcDateTime ? $"the certificate is not valid before {leaf.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC" : null;
    }

    private static X509Certificate2? TryJoin(X509Certificate2 leaf, ReadOnlySpan<byte> key, out string why)
    {
        if (leaf.GetRSAPublicKey() is { } rsa)
        {
            why = FormattableString.Invariant($"an RSA key needs {MinRsaBits} bits, this one has {rsa.KeySize}");
            if (rsa.KeySize < MinRsaBits || TryRead(RSA.Create(), key, out why) is not { } own) return null;
            using (own) return TryJoin(() => leaf.CopyWithPrivateKey(own), out why);
        }
        if (leaf.GetECDsaPublicKey() is { } curve)
        {
            why = FormattableString.Invariant($"an ECDSA key needs a curve of {MinCurveBits} bits, this one has {curve.KeySize}");
            if (curve.KeySize < MinCurveBits || TryRead(ECDsa.Create(), key, out why) is not { } own) return null;
            using (own) return TryJoin(() => leaf.CopyWithPrivateKey(own), out why);
        }
        why = "only RSA and ECDSA certificates can be used";
        return null;
    }

    private static X509Certificate2? TryJoin(Func<X509Certificate2> join, out string why)
    {
        why = "";
        try
        {
            return join();
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            why = "the key does not belong to the certificate";
            return null;
        }
    }

    private static T? TryRead<T>(T own, ReadOnlySpan<byte> key, out string why) where T : AsymmetricAlgorithm
    {
        why = "";
        try
        {
            if (key.Length > MaxKeyBytes) key = default;
            if (IsPem(key)) own.ImportFromPem(Encoding.ASCII.GetString(key));
            else own.ImportPkcs8PrivateKey(key, out _);
            return own;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            own.Dispose();
            why = "the key is no PKCS#8 key, in PEM or DER and without a password, for a certificate of this kind";
            return null;
        }
    }

    private static bool IsPem(ReadOnlySpan<byte> bytes) => bytes.IndexOf("-----BEGIN "u8) >= 0;
}
