using System.Collections.Immutable;

namespace Quern.Peers.Estate;

/// <summary>Makes agents to order: installable programs of a group, with all that they need to join inside.</summary>
public interface IAgentBuilds
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
