using System.Collections.Immutable;
using System.Net;

namespace Quern.Peers.Estate;

/// <summary>Agents: workers that joined with a key that is good once, and work by a certificate of their group. Safe for many calls at once.</summary>
public interface IAgentDesk : IEnrolmentKeys
{
    /// <summary>Agents; without <c>agent:list</c> those of the caller's own groups.</summary>
    /// <param name="group">Id or name; empty for all.</param>
    Task<Page<AgentFacts>> ListAsync(Caller who, string group, bool onlineOnly, string after, int limit, CancellationToken cancellationToken);

    /// <summary>One agent; null when there is none that the caller may see.</summary>
    /// <param name="agent">UUID or name.</param>
    Task<AgentFacts?> FindAsync(Caller who, string agent, CancellationToken cancellationToken);

    /// <summary>Needs <c>agent:approve</c> in the agent's group.</summary>
    /// <param name="uuid">UUID or name.</param>
    Task<EstateAnswer> ModerateAsync(Caller who, string uuid, AgentModeration action, CancellationToken cancellationToken);

    /// <summary>Gives an agent's worker another name. Needs <c>agent:approve</c> in its group; <see cref="EstateCode.InUse"/> while it runs jobs.</summary>
    /// <param name="agent">UUID or name.</param>
    Task<EstateAnswer> RenameAsync(Caller who, string agent, string name, CancellationToken cancellationToken);

    /// <summary>Gives an agent no more jobs, or jobs again; what runs goes on. Needs <c>agent:approve</c> in its group.</summary>
    /// <param name="agent">UUID or name.</param>
    Task<EstateAnswer> DrainAsync(Caller who, string agent, bool drained, CancellationToken cancellationToken);

    /// <summary>Asks an agent to renew its certificate, at once or when it comes next. Needs <c>agent:approve</c> in its group.</summary>
    /// <param name="agent">UUID or name.</param>
    Task<EstateAnswer> RotateAsync(Caller who, string agent, CancellationToken cancellationToken);

    /// <summary>Enrolment keys, newest first, of groups in which the caller has <c>agent:approve</c>.</summary>
    /// <param name="group">Id or name; empty for all.</param>
    Task<ImmutableArray<EnrolmentKeyFacts>> ListKeysAsync(Caller who, string group, CancellationToken cancellationToken);

    /// <summary>Lets an agent in for the first time: a key and a PKCS#10 request against a certificate. Attempts are limited by address.</summary>
    /// <param name="instance">The UUID that it calls itself by; the certificate's is what counts afterwards.</param>
    Task<AgentWelcome> EnrolAsync(string key, ReadOnlyMemory<byte> request, string instance, IPAddress from, CancellationToken cancellationToken);

    /// <summary>Renews the certificate of an agent that came with a good one.</summary>
    Task<AgentWelcome> RenewAsync(string uuid, ReadOnlyMemory<byte> request, IPAddress from, CancellationToken cancellationToken);

    /// <summary>Keeps what an agent that came with a good certificate says of its machine; of one that is gone nothing.</summary>
    Task ReportAsync(AgentReport report, CancellationToken cancellationToken);

    /// <summary>Whether a client certificate (DER) is one of ours, in force and not revoked: the agent's UUID, else null.</summary>
    string? Recognize(ReadOnlyMemory<byte> certificate);

    /// <summary>Notes that somebody showed a client certificate that is nobody's here, or does not count any more; does not wait.</summary>
    /// <param name="remote">Where from: address and port.</param>
    void NoteStrange(ReadOnlyMemory<byte> certificate, string remote);

    /// <summary>Whether an agent of this UUID may be here at this moment, whatever it came in with.</summary>
    bool IsActive(string uuid);
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

    /// <summary>Its system as it said it over the administration protocol, for instance <c>linux</c>; empty until then.</summary>
    public string Os { get; init; } = "";

    /// <summary>The same for its processor, for instance <c>x86_64</c>.</summary>
    public string Processor { get; init; } = "";

    /// <summary>Where its program lies, as it said; may be empty.</summary>
    public string InstallFolder { get; init; } = "";

    /// <summary>Whether it found a boot agent on its machine.</summary>
    public bool BootAgent { get; init; }

    /// <summary>When it last said all this; null for never.</summary>
    public DateTimeOffset? ReportedAt { get; init; }

    public string Address { get; init; } = "";

    public DateTimeOffset FirstSeenAt { get; init; }

    public DateTimeOffset? LastSeenAt { get; init; }

    public DateTimeOffset? CertificateNotAfter { get; init; }

    public bool Pending { get; init; }

    public bool Rejected { get; init; }

    public bool Revoked { get; init; }

    /// <summary>It gets no more jobs.</summary>
    public bool Drained { get; init; }

    /// <summary>It was asked to renew its certificate and has not come with a new one yet.</summary>
    public bool RenewalAsked { get; init; }

    public ImmutableArray<string> Tags { get; init; } = [];

    public int Slots { get; init; } = 1;
}

/// <param name="Group">Id or name.</param>
/// <param name="MaxUses">0 for one.</param>
/// <param name="Lifetime">Zero for a day.</param>
/// <param name="Networks">CIDR; empty for any.</param>
public sealed record NewEnrolmentKey(
    string Group, int MaxUses = 1, TimeSpan Lifetime = default, bool RequireApproval = false, ImmutableArray<string> Networks = default, string Note = "")
{
    /// <summary>Of the workers that it lets in.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Jobs at once on each of them; 0 for one.</summary>
    public int Slots { get; init; }
}

/// <param name="Secret">Shown once; empty unless done.</param>
public sealed record EnrolmentKeyMade(EstateAnswer Answer, string Secret = "", DateTimeOffset ExpiresAt = default)
{
    /// <summary>Without its secret.</summary>
    public override string ToString() => $"{Answer}";
}

/// <summary>A key as others see it: nothing secret.</summary>
/// <param name="State"><c>good</c>, <c>used</c>, <c>over</c> or <c>revoked</c>.</param>
public sealed record EnrolmentKeyFacts(string Id, string Group, string State, DateTimeOffset ExpiresAt)
{
    public int UsesLeft { get; init; }

    public int MaxUses { get; init; }

    public bool RequireApproval { get; init; }

    public ImmutableArray<string> Networks { get; init; } = [];

    public ImmutableArray<string> Tags { get; init; } = [];

    public int Slots { get; init; } = 1;

    public string Note { get; init; } = "";

    public string CreatedBy { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }
}

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
