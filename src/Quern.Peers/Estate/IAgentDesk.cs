using System.Collections.Immutable;
using System.Net;

namespace Quern.Peers.Estate;

/// <summary>Agents: workers that were made to order, joined with a key that is good once, and work by a certificate of their group.</summary>
public interface IAgentDesk
{
    /// <summary>
    /// Builds an installable agent of a group. Needs <c>agent:build</c> in the group, to deploy <c>agent:deploy</c>. One runs at a time,
    /// 16 wait. The answer is <see cref="EstateCode.Accepted"/> with the build's id.
    /// </summary>
    /// <param name="progress">Told of every step until <see cref="AgentBuildStep.Done"/> or <see cref="AgentBuildStep.Error"/>; must not block.</param>
    Task<EstateAnswer> BuildAsync(Caller who, AgentOrder order, Action<AgentProgress> progress, CancellationToken cancellationToken);

    /// <summary>Part of a finished build; null when there is none that the caller may have. Builds are kept for 24 hours.</summary>
    /// <param name="maxBytes">1 to 1 MiB.</param>
    Task<AgentArtifactPart?> FetchAsync(Caller who, string build, long offset, int maxBytes, CancellationToken cancellationToken);

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

/// <param name="Group">Id or name.</param>
/// <param name="Platform">For instance <c>linux-x64</c>; empty for the farm's own.</param>
/// <param name="Format"><c>tar.gz</c>, <c>sh</c>, <c>deb</c>, <c>rpm</c> or <c>oci</c>.</param>
/// <param name="Deploy">Null: build only.</param>
public sealed record AgentOrder(string Group, string Platform, string Format, SshTarget? Deploy = null)
{
    /// <summary>Tags that the agent's worker brings.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Jobs at once; 0 for one.</summary>
    public int Slots { get; init; }

    /// <summary>Addresses of the farm in the order to try, <c>HOST:PORT</c> of the admin listener; empty for those that the farm knows of.</summary>
    public ImmutableArray<string> Addresses { get; init; } = [];
}

/// <summary>A machine to bring an agent to. Its secrets stay in memory, are in no log and are overwritten after use.</summary>
/// <param name="HostKeySha256">What its host key must be, <c>SHA256:…</c>.</param>
public sealed record SshTarget(string Host, int Port, string User, string HostKeySha256)
{
    public string Password { get; init; } = "";

    public ReadOnlyMemory<byte> PrivateKey { get; init; }

    public string Passphrase { get; init; } = "";

    /// <summary>On the target; empty for <c>/opt/quern-agent</c>.</summary>
    public string InstallPath { get; init; } = "";

    /// <summary>Without its secrets.</summary>
    public override string ToString() => $"{User}@{Host}:{Port}";
}

/// <summary>In the order of the administration protocol's <c>EV_BuildProgress</c>.</summary>
public enum AgentBuildStep
{
    Queued,
    Generate,
    Package,
    Connect,
    Probe,
    Upload,
    Install,
    Start,
    Done,
    Error,
}

/// <param name="Percent">0 to 100, of the whole.</param>
/// <param name="Artifact">With <see cref="AgentBuildStep.Done"/>.</param>
public sealed record AgentProgress(string Build, AgentBuildStep Step, int Percent, string Message, AgentArtifact? Artifact = null);

/// <param name="KeyId">Of the enrolment key inside.</param>
public sealed record AgentArtifact(string Name, long Bytes, ReadOnlyMemory<byte> Sha256, string KeyId);

public sealed record AgentArtifactPart(ReadOnlyMemory<byte> Data, long Offset, long Total);

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
