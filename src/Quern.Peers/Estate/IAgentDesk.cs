using System.Collections.Immutable;
using System.Net;

namespace Quern.Peers.Estate;

/// <summary>Agents: workers that joined with a key that is good once, and work by a certificate of their group. Safe for many calls at once.</summary>
public interface IAgentDesk
{
    /// <summary>Agents; without <c>agent:list</c> those of the caller's own groups.</summary>
    /// <param name="group">Id or name; empty for all.</param>
    Task<Page<AgentFacts>> ListAsync(Caller who, string group, bool onlineOnly, string after, int limit, CancellationToken cancellationToken);

    /// <summary>Needs <c>agent:approve</c> in the agent's group.</summary>
    Task<EstateAnswer> ModerateAsync(Caller who, string uuid, AgentModeration action, CancellationToken cancellationToken);

    /// <summary>Needs <c>agent:approve</c> in the group.</summary>
    Task<EnrolmentKeyMade> CreateKeyAsync(Caller who, NewEnrolmentKey key, CancellationToken cancellationToken);

    /// <summary>Needs <c>agent:approve</c> in the key's group.</summary>
    Task<EstateAnswer> RevokeKeyAsync(Caller who, string id, CancellationToken cancellationToken);

    /// <summary>Lets an agent in for the first time: a key and a PKCS#10 request against a certificate. Attempts are limited by address.</summary>
    /// <param name="instance">The UUID that it calls itself by; the certificate's is what counts afterwards.</param>
    Task<AgentWelcome> EnrolAsync(string key, ReadOnlyMemory<byte> request, string instance, IPAddress from, CancellationToken cancellationToken);

    /// <summary>Renews the certificate of an agent that came with a good one.</summary>
    Task<AgentWelcome> RenewAsync(string uuid, ReadOnlyMemory<byte> request, IPAddress from, CancellationToken cancellationToken);

    /// <summary>Whether a client certificate (DER) is one of ours, in force and not revoked: the agent's UUID, else null.</summary>
    string? Recognize(ReadOnlyMemory<byte> certificate);
}

public enum AgentModeration
{
    Approve,
    Reject,
    RevokeCertificate,
    Forget,
}

/// <param name="Uuid">From its certificate.</param>
public sealed record AgentFacts(string Uuid, string Name, string Group)
{
    public bool Online { get; init; }

    public string Hostname { get; init; } = "";

    /// <summary>As .NET calls it, for instance <c>linux-x64</c>; empty until the agent said it.</summary>
    public string Platform { get; init; } = "";

    public string Version { get; init; } = "";

    public string Address { get; init; } = "";

    public DateTimeOffset FirstSeenAt { get; init; }

    public DateTimeOffset? LastSeenAt { get; init; }

    public DateTimeOffset? CertificateNotAfter { get; init; }

    public bool Pending { get; init; }

    public bool Revoked { get; init; }
}

/// <param name="Group">Id or name.</param>
/// <param name="MaxUses">0 for one.</param>
/// <param name="Lifetime">Zero for a day.</param>
/// <param name="Networks">CIDR; empty for any.</param>
public sealed record NewEnrolmentKey(
    string Group, int MaxUses = 1, TimeSpan Lifetime = default, bool RequireApproval = false, ImmutableArray<string> Networks = default, string Note = "");

/// <param name="Secret">Shown once; empty unless done.</param>
public sealed record EnrolmentKeyMade(EstateAnswer Answer, string Secret = "", DateTimeOffset ExpiresAt = default);

/// <summary>What came of an agent's request for a certificate.</summary>
public abstract record AgentWelcome
{
    private AgentWelcome() { }

    /// <param name="Certificate">DER.</param>
    /// <param name="Chain">DER, the issuer first.</param>
    public sealed record Granted(string Uuid, ReadOnlyMemory<byte> Certificate, ImmutableArray<ReadOnlyMemory<byte>> Chain, DateTimeOffset NotAfter) : AgentWelcome;

    /// <summary>Somebody must let it in first; the same key and request may be sent again later.</summary>
    public sealed record Pending(string Uuid) : AgentWelcome;

    /// <summary>Why is in the journal, not in the answer.</summary>
    public sealed record Refused : AgentWelcome;

    public sealed record TooMany(TimeSpan RetryAfter) : AgentWelcome;
}
