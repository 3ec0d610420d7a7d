namespace Quern.Storage;

/// <summary>When guessing closes an account: the lock that stays, beside the short ones that the login keeps in memory.</summary>
public static class LockoutRule
{
    /// <summary>Refused sign-ins within <see cref="Window"/> that lock an account.</summary>
    public const int MaxFailures = 50;

    public static readonly TimeSpan Window = TimeSpan.FromDays(1);

    /// <summary>No end: an administrator unlocks it.</summary>
    public static readonly DateTimeOffset UntilUnlocked = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The account after one more refused sign-in. A window that is over begins anew.</summary>
    public static StoredAccount AfterFailure(StoredAccount account, DateTimeOffset now)
    {
        bool goesOn = account.FailuresSince is { } since && now - since < Window;
        int failures = goesOn ? account.Failures + 1 : 1;
        return account with
        {
            Failures = failures,
            FailuresSince = goesOn ? account.FailuresSince : now,
            LockedUntil = failures >= MaxFailures ? UntilUnlocked : account.LockedUntil,
        };
    }
}
