using System.Security.Cryptography;

namespace Quern.WorkerHost.Tests;

public sealed class CertificatePinTests
{
    [Fact]
    public void A_certificate_fits_its_own_hash_and_that_of_its_key_in_either_form()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("localhost");
        using var other = authority.Issue("localhost");
        byte[] whole = SHA256.HashData(certificate.RawData), key = SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo());

        foreach (byte[] hash in (byte[][])[whole, key])
        {
            string hex = Convert.ToHexString(hash);
            foreach (string text in (string[])[hex, hex.ToLowerInvariant(), string.Join(':', hex.Chunk(2).Select(c => new string(c))), Convert.ToBase64String(hash)])
            {
                Assert.True(CertificatePin.TryParse(text)!.Fits(certificate.RawData), text);
                Assert.False(CertificatePin.TryParse(text)!.Fits(other.RawData), text);
            }
        }
        Assert.False(CertificatePin.TryParse(Convert.ToBase64String(whole))!.Fits([1, 2, 3]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_hash_is_none(string text) => Assert.Null(CertificatePin.TryParse(text));
}
