using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Access;

/// <summary>Whether a password is an account's.</summary>
internal abstract record PasswordCheck
{
    private PasswordCheck() { }

    public sealed record Right(StoredAccount Account) : PasswordCheck;

    public sealed record Wrong : PasswordCheck;

    public sealed record TooMany(TimeSpan RetryAfter) : PasswordCheck;
}
