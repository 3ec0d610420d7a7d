using System.Text;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Accounts;

public sealed class TotpTests
{
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");

    // RFC 6238, appendix B, SHA-1, the last six digits.
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_the_standard(long seconds, string code)
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(seconds);

        Assert.Equal(code, Totp.CodeOf(Secret, Totp.StepOf(time)));
        Assert.Equal(Totp.StepOf(time), Totp.Match(Secret, code, time, lastStep: 0));
    }

    [Fact]
    public void A_code_is_taken_one_step_early_or_late_and_no_more()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1111111109);
        long step = Totp.StepOf(now);

        foreach (int off in (int[])[-1, 0, 1]) Assert.Equal(step + off, Totp.Match(Secret, Totp.CodeOf(Secret, step + off), now, 0));
        foreach (int off in (int[])[-2, 2]) Assert.Null(Totp.Match(Secret, Totp.CodeOf(Secret, step + off), now, 0));
    }

    [Fact]
    public void A_code_of_a_step_that_was_taken_or_before_is_not_taken()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1111111109);
        long step = Totp.StepOf(now);

        Assert.Null(Totp.Match(Secret, Totp.CodeOf(Secret, step), now, lastStep: step));
        Assert.Null(Totp.Match(Secret, Totp.CodeOf(Secret, step - 1), now, lastStep: step));
        Assert.Equal(step + 1, Totp.Match(Secret, Totp.CodeOf(Secret, step + 1), now, lastStep: step));
    }

    [Theory]
    [InlineData("")]
    [InlineData("81804")]
    [InlineData("0081804")]
    [InlineData(" 81804")]
    [InlineData("08180४")]
    public void A_code_is_six_digits(string code) => Assert.Null(Totp.Match(Secret, code, DateTimeOffset.FromUnixTimeSeconds(1111111109), 0));

    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Base_32_is_that_of_the_standard(string text, string encoded)
    {
        Assert.Equal(encoded, Base32.Encode(Encoding.ASCII.GetBytes(text)));
        Assert.Equal(text, Encoding.ASCII.GetString(Base32.Decode(encoded)!));
    }

    [Fact]
    public void Base_32_has_its_own_letters()
    {
        Assert.Null(Base32.Decode("MZXW1"));
        Assert.Null(Base32.Decode("mzxw"));
        byte[] any = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        for (int length = 0; length < any.Length; length++) Assert.Equal(any[^length..], Base32.Decode(Base32.Encode(any.AsSpan()[^length..])));
    }

    [Fact]
    public void An_authenticator_reads_name_issuer_and_secret() => Assert.Equal(
        "otpauth://totp/Quern:mira?secret=GEZDGNBV&issuer=Quern&algorithm=SHA1&digits=6&period=30", Totp.UriOf("mira", "GEZDGNBV"));

    [Fact]
    public void A_secret_opens_for_its_own_account_with_the_keys_of_its_folder_alone()
    {
        using var folder = new ScratchFolder();
        var vault = SecretVault.OfTotp(Path.Combine(folder.Path, "keys"));

        string closed = vault.CloseText("GEZDGNBV", "account-1");

        Assert.DoesNotContain("GEZDGNBV", closed, StringComparison.Ordinal);
        Assert.Equal("GEZDGNBV", SecretVault.OfTotp(Path.Combine(folder.Path, "keys")).OpenText(closed, "account-1"));
        Assert.Null(vault.OpenText(closed, "account-2"));
        Assert.Null(SecretVault.OfTotp(Path.Combine(folder.Path, "other")).OpenText(closed, "account-1"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(folder.Path, "keys")));
        var key = Assert.Single(Directory.GetFiles(Path.Combine(folder.Path, "keys")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
    }
}
