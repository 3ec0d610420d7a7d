namespace Quern.MasterHost.Access;

/// <summary>What came of a login.</summary>
internal abstract record LoginResult
{
    private LoginResult() { }

    public sealed record Welcome(string Token, Principal Principal) : LoginResult;

    /// <summary>User or password; which one is not said.</summary>
    public sealed record Wrong : LoginResult;

    public sealed record TooMany(TimeSpan RetryAfter) : LoginResult;
}
