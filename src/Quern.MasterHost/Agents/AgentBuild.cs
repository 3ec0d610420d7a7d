using Quern.Peers.Estate;

namespace Quern.MasterHost.Agents;

/// <summary>One build of an agent as it is at a moment. No secret is in it.</summary>
/// <param name="Id">A UUID as text.</param>
/// <param name="GroupId">Of the group whose rights say who may see it.</param>
/// <param name="GroupName">As it was called when it was ordered.</param>
/// <param name="By">The principal who ordered it.</param>
/// <param name="Target">The machine it is brought to, without secrets; empty for a build alone.</param>
internal sealed record AgentBuild(string Id, string GroupId, string GroupName, string Platform, string Format, string By, string Target, DateTimeOffset OrderedAt)
{
    public AgentBuildStep Step { get; init; } = AgentBuildStep.Queued;

    /// <summary>0 to 100, of the whole.</summary>
    public int Percent { get; init; }

    /// <summary>What is being done, or what went wrong.</summary>
    public string Message { get; init; } = "";

    /// <summary>Null until it is packed, and when nothing of it is kept.</summary>
    public BuiltArtifact? Artifact { get; init; }

    /// <summary>When it and its artifact are forgotten; null until it ends.</summary>
    public DateTimeOffset? KeptUntil { get; init; }

    public bool HasEnded => Step is AgentBuildStep.Done or AgentBuildStep.Error;
}

/// <param name="Sha256">In hexadecimal.</param>
/// <param name="KeyId">Of the enrolment key inside.</param>
internal sealed record BuiltArtifact(string Name, long Bytes, string Sha256, string KeyId)
{
    public AgentArtifact ToContract() => new(Name, Bytes, Convert.FromHexString(Sha256), KeyId);
}
