using System.Security.Cryptography;
using System.Text;
using Quern.MasterHost.Access;

namespace Quern.MasterHost.Tests.Accounts;

public sealed class PasswordHashTests
{
    [Fact]
    public void A_password_and_its_pre_hash_fit_its_own_hash_only()
    {
        string hash = PasswordHash.Of("one");
        string preHash = Convert.ToHexStringLower(SHA512.HashData("one"u8));

        Assert.StartsWith("pbkdf2-sha512-prehash:210000:", hash, StringComparison.Ordinal);
        Assert.True(PasswordHash.Fits("one", hash));
        Assert.True(PasswordHash.Fits(preHash, hash));
        Assert.True(PasswordHash.Fits("one", PasswordHash.Of(preHash)));
        Assert.False(PasswordHash.Fits("two", hash));
        Assert.False(PasswordHash.Fits(preHash.ToUpperInvariant(), hash));
        Assert.NotEqual(hash, PasswordHash.Of("one"));
        Assert.True(PasswordHash.IsOfToday(hash));
    }

    [Fact]
    public void The_pre_hash_is_that_of_inherited_clients() =>
        Assert.StartsWith("b109f3bb", PasswordHash.PreHashOf("password"), StringComparison.Ordinal);

    [Fact]
    public void Hashes_of_the_time_before_accounts_still_fit_and_are_to_be_made_anew()
    {
        byte[] salt = RandomNumberGenerator.GetBytes(16);
        byte[] hash = Rfc2898DeriveBytes.Pbkdf2("open sesame", salt, 1000, HashAlgorithmName.SHA512, 64);
        string old = $"pbkdf2-sha512:1000:{Convert.ToBase64String(salt)}:{Convert.ToBase64String(hash)}";

        Assert.True(PasswordHash.Fits("open sesame", old));
        Assert.False(PasswordHash.Fits("open sesam", old));
        Assert.False(PasswordHash.IsOfToday(old));
        Assert.False(PasswordHash.IsOfToday(old.Replace("pbkdf2-sha512:", "pbkdf2-sha512-prehash:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("pbkdf2-sha512:x:y:z")]
    [InlineData("pbkdf2-sha512-prehash:0:AAAA:AAAA")]
    [InlineData("pbkdf2-sha512-prehash:10000001:AAAA:AAAA")]
    [InlineData("pbkdf2-sha512-prehash:1:AAAA:AAAA")]
    [InlineData("argon2id:1:AAAA:AAAA")]
    public void What_is_no_hash_fits_nobody(string stored) => Assert.False(PasswordHash.Fits("one", stored));

    [Fact]
    public void Nobodys_hash_costs_as_much_as_any_and_fits_nobody()
    {
        Assert.True(PasswordHash.IsOfToday(PasswordHash.Nobodys));
        Assert.False(PasswordHash.Fits("", PasswordHash.Nobodys));
        Assert.False(PasswordHash.Fits("\ud800", PasswordHash.Nobodys));
    }

    [Fact]
    public void Only_128_small_hexadecimal_digits_are_a_pre_hash()
    {
        string preHash = Convert.ToHexStringLower(SHA512.HashData(Encoding.UTF8.GetBytes("x")));

        Assert.True(PasswordHash.IsPreHash(preHash));
        Assert.False(PasswordHash.IsPreHash(preHash[1..]));
        Assert.False(PasswordHash.IsPreHash(preHash.ToUpperInvariant()));
        Assert.Equal(preHash, PasswordHash.PreHashOf("x"));
    }
}
