using System.Globalization;
using System.Text.RegularExpressions;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>
/// What names, passwords, addresses and end dates may be. Each rule answers null, or what is wrong in words for whoever typed it; the
/// value itself is never repeated. Administration protocol, "Validation rules".
/// </summary>
internal static partial class AccountRules
{
    public const int MinPassword = 12;

    /// <summary>Below the 128 digits of a pre-hash, so that the two cannot be confused.</summary>
    public const int MaxPassword = 120;

    private const int MaxDescription = 500;
    private const int MaxEmail = 254;
    private const int MaxLocalPart = 64;

    /// <summary>Of a new account.</summary>
    public static string? NewName(string name) => NewNamePattern().IsMatch(name)
        ? null
        : "A user name has 4 to 32 characters: small letters, digits, '.', '_' and '-', beginning with a letter.";

    /// <summary>Of an account that exists: names of an older farm may have capital letters and begin with a digit.</summary>
    public static string? KnownName(string name) => OldNamePattern().IsMatch(name) ? null : NewName(name);

    /// <param name="userName">Must not stand in the password, whatever its case.</param>
    public static string? Password(string password, string userName)
    {
        if (PasswordHash.IsPreHash(password)) return "A password cannot be 128 hexadecimal digits: that is the form of a hash, whose password nobody can judge.";
        if (!IsText(password)) return "The password has a half character in it; type it again.";
        int length = password.EnumerateRunes().Count();
        if (length is < MinPassword or > MaxPassword) return $"A password has {MinPassword} to {MaxPassword} characters.";
        if (userName.Length > 0 && password.Contains(userName, StringComparison.OrdinalIgnoreCase)) return "The password must not contain the user name.";
        return CommonPasswords.Has(password) ? "Too many people have this password, or one very near to it; take another." : null;
    }

    /// <summary>Whether a text cannot be anybody's password: there is none, or it is longer than any may be.</summary>
    public static bool IsImpossiblePassword(string password) =>
        password.Length == 0 || (!PasswordHash.IsPreHash(password) && password.EnumerateRunes().Count() > MaxPassword);

    /// <param name="normal">With the domain in ASCII; empty for none.</param>
    public static string? Email(string email, out string normal)
    {
        normal = "";
        if (email.Length == 0) return null;
        const string Problem = "An e-mail address has one '@', up to 64 characters before it and a domain with a dot behind it, 254 in all.";
        if (email.Length > MaxEmail || email.Split('@') is not [{ Length: > 0 and <= MaxLocalPart } local, { Length: > 0 } domain]) return Problem;
        if (local.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) || local.StartsWith('.') || local.EndsWith('.')) return Problem;
        try
        {
            string ascii = new IdnMapping { UseStd3AsciiRules = true }.GetAscii(domain);
            if (!ascii.Contains('.', StringComparison.Ordinal) || ascii.EndsWith('.') || local.Length + 1 + ascii.Length > MaxEmail) return Problem;
            normal = $"{local}@{ascii.ToLowerInvariant()}";
            return null;
        }
        catch (ArgumentException)
        {
            return Problem;
        }
    }

    /// <param name="normal">In E.164; empty for none.</param>
    public static string? Phone(string phone, out string normal)
    {
        normal = string.Concat(phone.Where(c => c is not (' ' or '.' or '-' or '(' or ')')));
        return phone.Length == 0 || (phone.Length <= 64 && PhonePattern().IsMatch(normal)) ? null : "A phone number is in international form: '+', then 7 to 15 digits, the first not 0.";
    }

    /// <param name="expiresAt">Null for never.</param>
    public static string? Expiration(DateTimeOffset? expiresAt, DateTimeOffset now) =>
        expiresAt is null || expiresAt > now ? null : "The end date must be in the future.";

    public static string? GroupName(string name) => GroupPattern().IsMatch(name)
        ? null
        : "A group's name has 4 to 48 characters: letters, digits, blank, '.', '_' and '-', beginning with a letter or digit.";

    public static string? RoleName(string name) => RolePattern().IsMatch(name)
        ? null
        : "A role's name has 2 to 32 characters: small letters, digits, blank, '.', '_' and '-', beginning with a letter.";

    /// <summary>Of a group or a role; may be empty.</summary>
    public static string? Description(string text) => text.Length <= MaxDescription && IsText(text) && !text.Any(char.IsControl)
        ? null
        : $"A description is one line of at most {MaxDescription} characters.";

    /// <summary>Whether every surrogate has its other half; texts of other kind are all the same in UTF-8.</summary>
    private static bool IsText(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }
        return true;
    }

    // \z and not $: a line feed at the end is no part of a name.
    [GeneratedRegex(@"^[a-z][a-z0-9._-]{3,31}\z")]
    private static partial Regex NewNamePattern();

    [GeneratedRegex(@"^[a-zA-Z0-9]{4,32}\z")]
    private static partial Regex OldNamePattern();

    [GeneratedRegex(@"^\+[1-9][0-9]{6,14}\z")]
    private static partial Regex PhonePattern();

    [GeneratedRegex(@"^[a-z][a-z0-9 ._-]{1,31}\z")]
    private static partial Regex RolePattern();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9 ._-]{3,47}\z")]
    private static partial Regex GroupPattern();
}
