using Quern.Model;

namespace Quern.MasterHost.Access;

/// <summary>What came of a login.</summary>
internal abstract record LoginResult
{
    private LoginResult() { }

    /// <param name="Principal">With what it must do first (<see cref="Model.Principal.Duty"/>).</param>
    /// <param name="EndsAt">When the session is over however much it is used.</param>
    public sealed record Welcome(string Token, Principal Principal, DateTimeOffset EndsAt) : LoginResult;

    /// <summary>Whoever holds a session proved again that it is them, at that time.</summary>
    public sealed record Proved(DateTimeOffset At) : LoginResult;

    /// <summary>User or password, or the account is disabled or locked; which of them is not said.</summary>
    public sealed record Wrong : LoginResult;

    public sealed record TooMany(TimeSpan RetryAfter) : LoginResult;

    /// <summary>The password is right, but the account's end date is past.</summary>
    public sealed record Expired : LoginResult;

    /// <summary>The password is right, but the farm is in maintenance and this account may not sign in meanwhile.</summary>
    public sealed record Maintenance : LoginResult;

    /// <summary>The password is right, and a one-time code or recovery code is wanted beside it.</summary>
    public sealed record CodeNeeded : LoginResult;

    /// <summary>The password is right, the code is not, or it was used before.</summary>
    public sealed record WrongCode : LoginResult;
}
