using Quern.MasterHost.Access.Accounts;

namespace Quern.MasterHost.Tests.Accounts;

public sealed class AccountRulesTests
{
    private static readonly DateTimeOffset Now = new(2031, 5, 6, 7, 8, 9, TimeSpan.Zero);

    [Theory]
    [InlineData("mira", true, true)]
    [InlineData("m.i_r-a9", true, true)]
    [InlineData("abcdefghijklmnopqrstuvwxyz012345", true, true)]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456", false, false)]
    [InlineData("mir", false, false)]
    [InlineData("Mira", false, true)]
    [InlineData("9mira", false, true)]
    [InlineData("-mira", false, false)]
    [InlineData("mira\n", false, false)]
    [InlineData("mi ra", false, false)]
    [InlineData("mïra", false, false)]
    [InlineData("", false, false)]
    public void User_names_have_a_form_and_those_of_older_farms_another(string name, bool asNew, bool asKnown) =>
        Assert.Equal((asNew, asKnown), (AccountRules.NewName(name) is null, AccountRules.KnownName(name) is null));

    [Theory]
    [InlineData("violet tractor", null)]
    [InlineData("elevenchars", "12 to 120")]
    [InlineData("wrench-mira-88x", "user name")]
    [InlineData("wrench-MIRA-88x", "user name")]
    [InlineData("passwordpassword", "Too many people")]
    [InlineData("Password123456!", "Too many people")]
    [InlineData("2024-Welcome-2025", "Too many people")]
    [InlineData("qwertyuiopasdf", "Too many people")]
    [InlineData("123456789012", "Too many people")]
    [InlineData("abababababab", "Too many people")]
    public void Passwords_are_long_uncommon_and_without_the_name(string password, string? problem)
    {
        string? answer = AccountRules.Password(password, "mira");

        if (problem is null) Assert.Null(answer);
        else Assert.Matches(problem, answer);
    }

    [Fact]
    public void The_length_of_a_password_counts_whole_characters()
    {
        // Twelve signs outside the basic plane are twelve, not twenty-four.
        Assert.Null(AccountRules.Password("🌲🌳🌴🌵🌾🌿🍀🍁🍂🍃🍄🌰", "mira"));
        Assert.NotNull(AccountRules.Password("🌲🌳🌴🌵🌾🌿", "mira"));
        string letters = string.Concat(Enumerable.Range(0, 120).Select(i => (char)('a' + (i * 7 % 26))));
        Assert.Null(AccountRules.Password(letters, "mira"));
        Assert.NotNull(AccountRules.Password(letters + "z", "mira"));
        Assert.Contains("half character", AccountRules.Password("violet tractor \ud800", "mira"), StringComparison.Ordinal);
        Assert.Contains("half character", AccountRules.Password("violet tractor \udc00\ud800", "mira"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pre_hash_is_no_new_password() =>
        Assert.Contains("128 hexadecimal digits", AccountRules.Password(string.Concat(Enumerable.Repeat("0123456789abcdef", 8)), "mira"), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "")]
    [InlineData("mira@example.org", "mira@example.org")]
    [InlineData("Mira.K@Example.ORG", "Mira.K@example.org")]
    [InlineData("mira@bücher.example", "mira@xn--bcher-kva.example")]
    [InlineData("mira", null)]
    [InlineData("mira@localhost", null)]
    [InlineData("@example.org", null)]
    [InlineData("mira@", null)]
    [InlineData("a@b@example.org", null)]
    [InlineData("mi ra@example.org", null)]
    [InlineData("mira@exa mple.org", null)]
    [InlineData("mira@example..org", null)]
    [InlineData("mira@example.org.", null)]
    [InlineData(".mira@example.org", null)]
    public void An_email_address_has_a_mailbox_and_a_domain(string email, string? normal)
    {
        string? problem = AccountRules.Email(email, out string written);

        Assert.Equal(normal is null, problem is not null);
        if (normal is not null) Assert.Equal(normal, written);
    }

    [Fact]
    public void An_email_address_is_not_too_long()
    {
        string domain = string.Concat(Enumerable.Repeat("a123456789.", 17)) + "org";   // 190

        Assert.Null(AccountRules.Email(new string('m', 63) + "@" + domain, out _));
        Assert.NotNull(AccountRules.Email(new string('m', 64) + "@" + domain, out _));
        Assert.Null(AccountRules.Email(new string('m', 64) + "@example.org", out _));
        Assert.NotNull(AccountRules.Email(new string('m', 65) + "@example.org", out _));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("+49 (228) 123-45.67", "+492281234567")]
    [InlineData("+1234567", "+1234567")]
    [InlineData("+123456", null)]
    [InlineData("+123456789012345", "+123456789012345")]
    [InlineData("+1234567890123456", null)]
    [InlineData("0049228123", null)]
    [InlineData("+0228123456", null)]
    [InlineData("+49228x1234", null)]
    public void A_phone_number_is_international(string phone, string? normal)
    {
        string? problem = AccountRules.Phone(phone, out string written);

        Assert.Equal(normal is null, problem is not null);
        if (normal is not null) Assert.Equal(normal, written);
    }

    [Fact]
    public void An_end_date_lies_ahead()
    {
        Assert.Null(AccountRules.Expiration(null, Now));
        Assert.Null(AccountRules.Expiration(Now.AddSeconds(1), Now));
        Assert.NotNull(AccountRules.Expiration(Now, Now));
        Assert.Null(AccountRules.Expiration(DateTimeOffset.FromUnixTimeMilliseconds(253402300799999), Now));
    }

    [Theory]
    [InlineData("lab machines", true)]
    [InlineData("4 boards_x.y-z", true)]
    [InlineData("lab", false)]
    [InlineData(" labs", false)]
    [InlineData("lab/machines", false)]
    [InlineData("labs\n", false)]
    [InlineData("123456789012345678901234567890123456789012345678", true)]
    [InlineData("1234567890123456789012345678901234567890123456789", false)]
    public void A_group_name_has_a_form(string name, bool good) => Assert.Equal(good, AccountRules.GroupName(name) is null);
}
