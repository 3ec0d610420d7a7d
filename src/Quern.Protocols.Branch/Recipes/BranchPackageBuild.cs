using System.Collections.Immutable;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>A recipe as Branch programs know it: ten keys, all texts unchecked. The order of members is that of the JSON form.</summary>
public sealed record BranchPackageBuild
{
    public required string Name { get; init; }

    public required string Version { get; init; }

    public required string RealVersion { get; init; }

    public ImmutableArray<string> Dependencies { get; init; } = [];

    public ImmutableArray<string> BuildDependencies { get; init; } = [];

    public ImmutableArray<string> CrossDependencies { get; init; } = [];

    /// <summary>An address, or empty for none.</summary>
    public string Source { get; init; } = "";

    /// <summary>Addresses and ids of managed extra sources.</summary>
    public ImmutableArray<string> ExtraSources { get; init; } = [];

    public string Description { get; init; } = "";

    /// <summary>Lines without line ends.</summary>
    public ImmutableArray<string> BuildScript { get; init; } = [];

    public bool Equals(BranchPackageBuild? other) =>
        other is not null && Name == other.Name && Version == other.Version && RealVersion == other.RealVersion &&
        Source == other.Source && Description == other.Description &&
        Dependencies.AsSpan().SequenceEqual(other.Dependencies.AsSpan()) &&
        BuildDependencies.AsSpan().SequenceEqual(other.BuildDependencies.AsSpan()) &&
        CrossDependencies.AsSpan().SequenceEqual(other.CrossDependencies.AsSpan()) &&
        ExtraSources.AsSpan().SequenceEqual(other.ExtraSources.AsSpan()) &&
        BuildScript.AsSpan().SequenceEqual(other.BuildScript.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Name, Version, RealVersion, Source, BuildScript.Length);
}
