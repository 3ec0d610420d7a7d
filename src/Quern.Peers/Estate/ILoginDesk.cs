using System.Collections.Immutable;
using System.Net;
using Quern.Model;

namespace Quern.Peers.Estate;

/// <summary>Lets people in over the administration protocol, and looks after their session. The same locks and limits as at every other door.</summary>
public interface ILoginDesk
{
    Task<LoginOutcome> LoginAsync(LoginRequest request, CancellationToken cancellationToken);

    /// <summary>Password and code again, of whoever holds a session that goes on: locks, limits and answers as at a login.</summary>
    /// <param name="token">Of the session.</param>
    /// <param name="request">Its user is the session's, whatever it says.</param>
    Task<LoginOutcome> ProveAsync(Caller who, string token, LoginRequest request, CancellationToken cancellationToken);

    /// <summary>Takes up a session again. Null when it is over or the farm is in maintenance and its account may not sign in.</summary>
    Task<LoginOutcome.Welcome?> ResumeAsync(string token, IPAddress from, CancellationToken cancellationToken);

    /// <summary>Who holds this session or token now, with the rights of now; null when it is over, or is not for there. Asked for every request; cheap.</summary>
    Task<Principal?> FindAsync(string token, IPAddress from, CancellationToken cancellationToken);

    /// <summary>The same, wherever it is used; unlike <see cref="FindAsync"/> this is no use of the session, which would lengthen it.</summary>
    Task<Principal?> PeekAsync(string token, CancellationToken cancellationToken);

    /// <summary>Gives the session more time; null when it is over.</summary>
    Task<LoginOutcome.Welcome?> RenewAsync(string token, CancellationToken cancellationToken);

    /// <summary>Ends the session.</summary>
    /// <param name="everywhere">And all others of the account.</param>
    Task LogoutAsync(string token, bool everywhere, CancellationToken cancellationToken);

    /// <summary>Makes a secret for one-time codes, which counts once its first code was given.</summary>
    Task<TotpOffer> BeginTotpAsync(Caller who, string password, CancellationToken cancellationToken);

    /// <summary>Recovery codes, shown once; null when the code is wrong or no secret waits for it.</summary>
    Task<ImmutableArray<string>?> ConfirmTotpAsync(Caller who, string code, CancellationToken cancellationToken);
}

/// <param name="Password">As typed, or its pre-hash.</param>
public sealed record LoginRequest(string User, string Password, IPAddress From)
{
    /// <summary>Six digits; empty for none.</summary>
    public string Code { get; init; } = "";

    /// <summary>Instead of a one-time code; empty for none.</summary>
    public string RecoveryCode { get; init; } = "";

    /// <summary>Instead of name and password; empty for none.</summary>
    public string ApiToken { get; init; } = "";

    /// <summary>Zero for the farm's default, which also bounds it.</summary>
    public TimeSpan Lifetime { get; init; }

    /// <summary>What the client calls itself; may be empty.</summary>
    public string Product { get; init; } = "";

    /// <summary>Without its secrets.</summary>
    public override string ToString() => $"{User} from {From}";
}

/// <summary>What came of a login, in the order in which it is found out.</summary>
public abstract record LoginOutcome
{
    private LoginOutcome() { }

    /// <summary>Too often; nothing was checked.</summary>
    public sealed record TooMany(TimeSpan RetryAfter) : LoginOutcome;

    public sealed record InvalidName : LoginOutcome;

    /// <summary>The password cannot be anybody's: empty, or longer than any may be. No user was looked up.</summary>
    public sealed record InvalidPassword : LoginOutcome;

    public sealed record Wrong : LoginOutcome;

    public sealed record Expired : LoginOutcome;

    /// <summary>The farm is in maintenance, and this account may not sign in meanwhile.</summary>
    public sealed record Maintenance : LoginOutcome;

    public sealed record CodeNeeded : LoginOutcome;

    public sealed record WrongCode : LoginOutcome;

    /// <param name="Principal">With what it must do first.</param>
    /// <param name="EndsAt">When it ends unless it is used or renewed.</param>
    /// <param name="LastsUntil">When it is over however much it is used.</param>
    public sealed record Welcome(string Token, Principal Principal, DateTimeOffset EndsAt, DateTimeOffset LastsUntil) : LoginOutcome;
}

/// <summary>What came of asking for a secret for one-time codes.</summary>
/// <param name="Uri">For the device; empty unless done.</param>
/// <param name="QrPng">The same as a picture.</param>
public sealed record TotpOffer(EstateAnswer Answer, string Uri = "", string Secret = "", ReadOnlyMemory<byte> QrPng = default);
