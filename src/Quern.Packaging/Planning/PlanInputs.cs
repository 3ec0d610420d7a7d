using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Packaging.Planning;

/// <summary>Everything a plan is made from. All blobs named here are in the store already.</summary>
public sealed record PlanInputs
{
    public required Recipe Recipe { get; init; }

    public required BuildEnvironment Environment { get; init; }

    /// <summary>The environment's settings; null when the configuration names none.</summary>
    public EnvironmentSettings? Settings { get; init; }

    /// <summary>The recipe's source first when it names one, then its extra sources, in order.</summary>
    public ImmutableArray<PlannedSource> Sources { get; init; } = [];

    /// <summary>What <see cref="DependencyClosure"/> found: what is needed comes before what needs it.</summary>
    public ImmutableArray<PlannedPackage> Packages { get; init; } = [];

    /// <summary>The archive of the template root; null only without a sandbox.</summary>
    public Sha256Hash? RootArchive { get; init; }
}
