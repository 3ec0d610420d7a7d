using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quern.MasterHost.Agents;
using Quern.Model;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>Requests for certificates, good ones and such as nobody should sign.</summary>
public sealed class SigningRequestTests
{
    [Fact]
    public void Of_a_good_request_the_key_and_the_name_are_taken()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);

        var read = SigningRequest.Read(AgentFarm.Request(ec, "mill"), out string problem);
        var other = SigningRequest.Read(new CertificateRequest("CN=press, O=somebody", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest(), out _);

        Assert.Equal(("mill", ""), (read!.CommonName, problem));
        Assert.Equal(Sha256Hash.Of(ec.ExportSubjectPublicKeyInfo()), read.PublicKeySha256);
        Assert.Equal("press", other!.CommonName);
    }

    [Fact]
    public void A_name_that_stands_there_twice_or_not_at_all_is_none()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        foreach (string subject in (string[])["", "O=somebody", "CN=mill, CN=press"])
            Assert.Equal((subject, ""), (subject, SigningRequest.Read(new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequest(), out _)?.CommonName));
    }

    [Fact]
    public void Weak_and_strange_keys_are_refused_by_name()
    {
        using var small = RSA.Create(1024);
        using var huge = RSA.Create(4608);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.Contains("from 2048 to 4096", ProblemOf(new CertificateRequest("CN=a", small, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest()), StringComparison.Ordinal);
        Assert.Contains("from 2048 to 4096", ProblemOf(new CertificateRequest("CN=a", huge, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest()), StringComparison.Ordinal);
        Assert.Contains("P-256", ProblemOf(AgentFarm.Request(other)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_that_another_key_signed_is_refused()
    {
        using var mine = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var theirs = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName("CN=mill"), new PublicKey(theirs), HashAlgorithmName.SHA256);

        byte[] stolen = request.CreateSigningRequest(X509SignatureGenerator.CreateForECDsa(mine));

        Assert.Contains("its own key", ProblemOf(stolen), StringComparison.Ordinal);
        byte[] broken = AgentFarm.Request(mine);
        broken[^1] ^= 1;
        Assert.Contains("its own key", ProblemOf(broken), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_request_too_long_or_goes_on_is_refused()
    {
        byte[] good = AgentFarm.Request();

        Assert.NotEqual("", ProblemOf([]));
        Assert.NotEqual("", ProblemOf([0x30]));
        Assert.NotEqual("", ProblemOf(new byte[SigningRequest.MaxBytes + 1]));
        Assert.Contains("after its end", ProblemOf([.. good, 0]), StringComparison.Ordinal);
        Assert.NotEqual("", ProblemOf(good[..^1]));
    }

    [Fact]
    public void Arbitrary_bytes_never_throw()
    {
        byte[] good = AgentFarm.Request();
        var random = new Random(7);
        for (int i = 0; i < 3000; i++)
        {
            byte[] bytes = [.. good];
            for (int change = random.Next(1, 4); change > 0; change--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            SigningRequest.Read(bytes, out _);
        }
    }

    private static string ProblemOf(byte[] request)
    {
        Assert.Null(SigningRequest.Read(request, out string problem));
        return problem;
    }
}
