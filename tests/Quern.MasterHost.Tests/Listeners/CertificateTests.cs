using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Quern.MasterHost.Listeners;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Listeners;

public sealed class CertificateTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static int s_written;

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void A_chain_and_its_key_are_read_as_PEM_and_as_DER(bool pemChain, bool pemKey)
    {
        using var leaf = TestCertificate.Make();
        using var other = TestCertificate.Make("signer");
        byte[] chain = pemChain
            ? Encoding.ASCII.GetBytes($"{leaf.ExportCertificatePem()}\n{other.ExportCertificatePem()}\n")
            : [.. leaf.RawData, .. other.RawData];
        byte[] key = pemKey ? Encoding.ASCII.GetBytes(TestCertificate.KeyPemOf(leaf)) : leaf.GetECDsaPrivateKey()!.ExportPkcs8PrivateKey();

        var read = CertificateReader.TryRead(chain, key, Now, out string why);

        Assert.Equal(("", Convert.ToHexStringLower(leaf.GetCertHash(HashAlgorithmName.SHA256))), (why, read?.Sha256));
        Assert.Equal($"{leaf.ExportCertificatePem()}\n{other.ExportCertificatePem()}\n", CertificateReader.ToPem(chain));
    }

    [Fact]
    public void An_RSA_key_needs_2048_bits()
    {
        using var weak = TestCertificate.MakeRsa(1024);
        using var good = TestCertificate.MakeRsa(2048);

        Assert.Equal("an RSA key needs 2048 bits, this one has 1024", WhyNot(weak.ExportCertificatePem(), TestCertificate.KeyPemOf(weak)));
        Assert.Equal("", WhyNot(good.ExportCertificatePem(), TestCertificate.KeyPemOf(good)));
    }

    [Fact]
    public void What_cannot_be_used_is_refused_with_the_reason()
    {
        using var leaf = TestCertificate.Make();
        using var other = TestCertificate.Make();
        using var old = TestCertificate.Make(notAfter: Now.AddHours(-1));
        using var early = TestCertificate.Make(notAfter: Now.AddDays(60));
        string pem = leaf.ExportCertificatePem(), key = TestCertificate.KeyPemOf(leaf);
        string locked = leaf.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));

        Assert.Equal("the key does not belong to the certificate", WhyNot(pem, TestCertificate.KeyPemOf(other)));
        Assert.StartsWith("the certificate expired on ", WhyNot(old.ExportCertificatePem(), TestCertificate.KeyPemOf(old)), StringComparison.Ordinal);
        Assert.StartsWith("the certificate is not valid before ", WhyNot(early.ExportCertificatePem(), TestCertificate.KeyPemOf(early)), StringComparison.Ordinal);
        Assert.Equal("the key is no PKCS#8 key, in PEM or DER and without a password, for a certificate of this kind", WhyNot(pem, locked));
        Assert.Equal("the key is no PKCS#8 key, in PEM or DER and without a password, for a certificate of this kind", WhyNot(pem, pem));
        Assert.Equal("the key is no PKCS#8 key, in PEM or DER and without a password, for a certificate of this kind", WhyNot(pem, ""));
        Assert.Equal("the key is no PKCS#8 key, in PEM or DER and without a password, for a certificate of this kind", WhyNot(pem, "rubbish"));
        Assert.Equal("there is no certificate in it", WhyNot("", key));
        Assert.Equal("there is no certificate in it", WhyNot(key, key));
        Assert.Equal("it is no certificate chain in PEM or DER", WhyNot("rubbish", key));
        Assert.Equal("it is no certificate chain in PEM or DER", WhyNot("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", key));
        Assert.Equal("the chain is longer than 64 KiB", WhyNot(new string('x', 65 * 1024), key));
        Assert.Equal("it holds more than 10 certificates", WhyNot(string.Concat(Enumerable.Repeat(pem + "\n", 11)), key));
    }

    [Fact]
    public void The_farms_certificate_is_made_once_for_its_owner_alone_and_lasts_ten_years()
    {
        using var folder = new ScratchFolder();
        var time = new ManualTimeProvider();

        using var made = FarmCertificate.Ensure(folder["keys"], time, out string why);
        using var again = FarmCertificate.Ensure(folder["keys"], time, out _);

        Assert.Equal("", why);
        Assert.Equal(made!.GetCertHashString(), again!.GetCertHashString());
        Assert.Equal((256, true), (made.GetECDsaPublicKey()!.KeySize, again.HasPrivateKey));
        Assert.Equal(time.GetUtcNow().AddYears(10).UtcDateTime, made.NotAfter.ToUniversalTime());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Assert.Single(Directory.GetFiles(folder["keys"]))));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder["keys"]));
    }

    [Fact]
    public void A_farms_certificate_that_is_broken_is_told_and_not_replaced()
    {
        using var folder = new ScratchFolder();
        Directory.CreateDirectory(folder["keys"]);
        File.WriteAllText(Path.Combine(folder["keys"], "farm-certificate.pem"), "rubbish");

        Assert.Null(FarmCertificate.Ensure(folder["keys"], TimeProvider.System, out string why));

        Assert.Contains("Bring it back, or move it away", why, StringComparison.Ordinal);
        Assert.Equal("rubbish", File.ReadAllText(Path.Combine(folder["keys"], "farm-certificate.pem")));
    }

    [Fact]
    public void Files_are_read_again_when_they_change_and_bad_ones_leave_the_old_certificate_in_use()
    {
        using var folder = new ScratchFolder();
        using var first = TestCertificate.Make();
        using var second = TestCertificate.Make();
        var told = new List<string>();
        Write(folder, first, first);
        var files = CertificateFiles.TryOpen(folder["tls.crt"], folder["tls.key"], Now, TimeProvider.System, told.Add, out _)!;
        Assert.Equal((Hash(first), ""), (files.Current.Sha256, files.Problem));

        Write(folder, second, first);
        Assert.Equal(Hash(first), files.Current.Sha256);
        Assert.Contains("the one before goes on: ", files.Problem, StringComparison.Ordinal);
        Assert.Contains("the key does not belong to the certificate", files.Problem, StringComparison.Ordinal);

        File.Delete(folder["tls.key"]);
        Assert.Equal(Hash(first), files.Current.Sha256);
        Assert.Contains("cannot be read", files.Problem, StringComparison.Ordinal);

        Write(folder, second, second);
        Assert.Equal((Hash(second), ""), (files.Current.Sha256, files.Problem));
        Assert.Equal(Hash(second), files.Current.Sha256);
        Assert.Equal(3, told.Count);
        Assert.Contains($"was read again: SHA-256 {Hash(second)}", told[2], StringComparison.Ordinal);
    }

    [Fact, Trait("CWE", "400")]
    public async Task A_pipe_or_a_device_where_a_certificate_should_be_is_refused_at_once()
    {
        using var folder = new ScratchFolder();
        using var certificate = TestCertificate.Make();
        Write(folder, certificate, certificate);
        await Process.Start("mkfifo", folder["pipe"]).WaitForExitAsync(TestContext.Current.CancellationToken);

        foreach (var (chain, key, wrong) in ((string, string, string)[])
            [(folder["pipe"], folder["tls.key"], folder["pipe"]), (folder["tls.crt"], folder["pipe"], folder["pipe"]), ("/dev/zero", folder["tls.key"], "/dev/zero")])
        {
            var (opened, why) = await Task.Run(() => (CertificateFiles.TryOpen(chain, key, Now, TimeProvider.System, _ => { }, out string problem), problem))
                .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.Null(opened);
            Assert.Equal($"'{wrong}' cannot be read: it is not a regular file", why);
        }
    }

    [Fact]
    public void A_renewed_certificate_that_has_expired_already_is_not_taken()
    {
        using var folder = new ScratchFolder();
        using var first = TestCertificate.Make();
        using var old = TestCertificate.Make(notAfter: Now.AddDays(-1));
        Write(folder, first, first);
        var files = CertificateFiles.TryOpen(folder["tls.crt"], folder["tls.key"], Now, TimeProvider.System, _ => { }, out _)!;

        Write(folder, old, old);

        Assert.Equal(Hash(first), files.Current.Sha256);
        Assert.Contains("expired on", files.Problem, StringComparison.Ordinal);
    }

    private static string WhyNot(string chain, string key)
    {
        Assert.Equal(CertificateReader.TryRead(Encoding.ASCII.GetBytes(chain), Encoding.ASCII.GetBytes(key), Now, out string why) is null, why.Length > 0);
        return why;
    }

    private static string Hash(X509Certificate2 certificate) => Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));

    private static void Write(ScratchFolder folder, X509Certificate2 certificate, X509Certificate2 key)
    {
        // By renaming, as programs that renew certificates do: a new file each time, whatever the clock's steps are.
        File.WriteAllText(folder["new"], certificate.ExportCertificatePem());
        File.SetLastWriteTimeUtc(folder["new"], DateTime.UnixEpoch.AddSeconds(++s_written));
        File.Move(folder["new"], folder["tls.crt"], overwrite: true);
        File.WriteAllText(folder["new"], TestCertificate.KeyPemOf(key));
        File.Move(folder["new"], folder["tls.key"], overwrite: true);
    }
}
