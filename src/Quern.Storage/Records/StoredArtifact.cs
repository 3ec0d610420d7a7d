using Quern.Model;

namespace Quern.Storage;

/// <summary>The published package file of one name, version, environment and architecture.</summary>
/// <param name="RealVersion">The packager's counter as text.</param>
/// <param name="Architecture">As the job asked for; empty when it ran on any.</param>
/// <param name="Job">The job that made it; null for a package that was imported.</param>
/// <param name="Time">When it was published.</param>
public sealed record StoredArtifact(
    PackageName Name, string RealVersion, BuildEnvironment Environment, string Architecture, Sha256Hash Sha256, long Bytes, JobId? Job,
    DateTimeOffset Time)
{
    /// <summary>What an imported package says of itself; null where the job's recipe tells (<see cref="FarmStore.FactsOfAsync"/>).</summary>
    public PackageFacts? Facts { get; init; }
}
