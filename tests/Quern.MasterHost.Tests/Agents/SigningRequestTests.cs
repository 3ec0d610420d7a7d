using System.Formats.Asn1;
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

    [Fact, Trait("CWE", "400")]
    public void A_key_too_large_to_calculate_with_is_refused_by_its_size()
    {
        // Never made, since that takes minutes: an odd number of 16,384 bits, and a signature that nobody looks at.
        byte[] modulus = new byte[2048];
        Array.Fill(modulus, (byte)0xFF);
        using var honest = RSA.Create(2048);
        using var claimed = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = [1, 0, 1] });
        var request = new CertificateRequest(new X500DistinguishedName("CN=mill"), new PublicKey(claimed), HashAlgorithmName.SHA256);

        Assert.Contains("from 2048 to 4096",
            ProblemOf(request.CreateSigningRequest(X509SignatureGenerator.CreateForRSA(honest, RSASignaturePadding.Pkcs1))), StringComparison.Ordinal);
    }

    [Fact, Trait("CWE", "400")]
    public void Other_names_in_a_request_are_not_read_and_make_it_too_long_when_they_are_many()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] With(int names)
        {
            var request = new CertificateRequest("CN=mill", key, HashAlgorithmName.SHA256);
            var others = new SubjectAlternativeNameBuilder();
            for (int i = 0; i < names; i++) others.AddDnsName($"machine-{i}.other-group.example.org");
            request.CertificateExtensions.Add(others.Build());
            return request.CreateSigningRequest();
        }

        Assert.Equal("mill", SigningRequest.Read(With(50), out _)?.CommonName);
        Assert.Equal("the certificate request is too long", ProblemOf(With(500)));
        Assert.Equal("the certificate request is too long",
            ProblemOf(new CertificateRequest($"CN={new string('m', SigningRequest.MaxBytes)}", key, HashAlgorithmName.SHA256).CreateSigningRequest()));
    }

    [Theory, Trait("CWE", "20")]
    [InlineData(0x0C, "c3")]             // UTF8String that is none
    [InlineData(0x0C, "6d006d")]         // with a NUL
    [InlineData(0x0C, "")]
    [InlineData(0x1E, "d83d")]           // BMPString: half of a character
    [InlineData(0x1E, "00")]             // half of a half
    [InlineData(0x04, "6d696c6c")]       // OCTET STRING
    [InlineData(0x02, "01")]             // INTEGER
    [InlineData(0x30, "0c016d")]         // SEQUENCE
    [InlineData(0x13, "ff")]             // PrintableString with what is not printable
    public void A_name_that_is_no_text_never_throws(byte tag, string value)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] content = Convert.FromHexString(value);
        var subject = new AsnWriter(AsnEncodingRules.DER);
        using (subject.PushSequence())
        using (subject.PushSetOf())
        using (subject.PushSequence())
        {
            subject.WriteObjectIdentifier("2.5.4.3");
            subject.WriteEncodedValue([tag, (byte)content.Length, .. content]);
        }

        var read = SigningRequest.Read(new CertificateRequest(new X500DistinguishedName(subject.Encode()), key, HashAlgorithmName.SHA256).CreateSigningRequest(), out string problem);

        Assert.False(WorkerName.IsValid(read?.CommonName ?? ""));
        Assert.Equal(read is null, problem.Length > 0);
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
