using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>One build of an agent as it is at a moment. No secret is in it.</summary>
/// <param name="Id">A UUID as text.</param>
/// <param name="GroupId">Of the group whose rights say who may see it.</param>
/// <param name="GroupName">As it was called when it was ordered.</param>
/// <param name="By">The principal who ordered it.</param>
/// <param name="Target">The machine it is brought to, without secrets; empty for a build alone.</param>
/// <param name="IsHere">Whether this master builds it and has its file; else another one of the farm does.</param>
internal sealed record AgentBuild(
    string Id, string GroupId, string GroupName, string Platform, string Format, string By, string Target, DateTimeOffset OrderedAt, bool IsHere = true)
{
    public AgentBuildStep Step { get; init; } = AgentBuildStep.Queued;

    /// <summary>0 to 100, of the whole.</summary>
    public int Percent { get; init; }

    /// <summary>What is being done, or what went wrong.</summary>
    public string Message { get; init; } = "";

    /// <summary>How often it was begun; more than once when the master ended meanwhile.</summary>
    public int Attempts { get; init; }

    /// <summary>Of the enrolment key inside; empty until it is made.</summary>
    public string KeyId { get; init; } = "";

    /// <summary>Null until it is packed, and when nothing of it is kept.</summary>
    public BuiltArtifact? Artifact { get; init; }

    /// <summary>When it and its artifact are forgotten; null until it ends.</summary>
    public DateTimeOffset? KeptUntil { get; init; }

    public bool HasEnded => Step is AgentBuildStep.Done or AgentBuildStep.Error;

    /// <param name="stored">A step that this program does not know is that of a newer one: it has not ended.</param>
    /// <param name="shelf">This master's.</param>
    public static AgentBuild Of(StoredAgentBuild stored, string shelf)
    {
        var standing = stored.Standing;
        return new AgentBuild(stored.Id, stored.Team, stored.Group, stored.Platform, stored.Format, stored.By.Name, stored.Target, stored.OrderedAt, stored.Shelf == shelf)
        {
            Step = Enum.TryParse<AgentBuildStep>(standing.Step, ignoreCase: true, out var step) ? step : AgentBuildStep.Queued,
            Percent = standing.Percent,
            Message = standing.Message,
            Attempts = standing.Attempts,
            KeyId = standing.EnrolmentKey,
            Artifact = standing.File is { } file ? new BuiltArtifact(file.Name, file.Bytes, file.Sha256.Hex, standing.EnrolmentKey) : null,
            KeptUntil = standing.KeptUntil,
        };
    }

    public AgentBuildStanding ToStanding() => new(Step.ToString().ToLowerInvariant(), Percent, Message)
    {
        Attempts = Attempts,
        EnrolmentKey = KeyId,
        File = Artifact is { } artifact ? new AgentBuildFile(artifact.Name, artifact.Bytes, Sha256Hash.FromBytes(Convert.FromHexString(artifact.Sha256))) : null,
        KeptUntil = KeptUntil,
    };
}

/// <param name="Sha256">In hexadecimal.</param>
/// <param name="KeyId">Of the enrolment key inside.</param>
internal sealed record BuiltArtifact(string Name, long Bytes, string Sha256, string KeyId)
{
    public AgentArtifact ToContract() => new(Name, Bytes, Convert.FromHexString(Sha256), KeyId);
}
