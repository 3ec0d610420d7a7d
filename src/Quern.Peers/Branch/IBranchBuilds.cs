using System.Collections.Immutable;
using Quern.Graph;
using Quern.Model;

namespace Quern.Peers.Branch;

/// <summary>Queues builds of recipes: what the desk for Branch clients needs of the farm's own way to do that.</summary>
public interface IBranchBuilds
{
    /// <summary>Queues a build, and those of dependencies that must be built first.</summary>
    Task<BranchQueued> BuildAsync(PackageName package, BuildEnvironment environment, Actor requester, CancellationToken cancellationToken);

    /// <summary>Queues every build of a plan, each behind those it needs.</summary>
    /// <param name="title">Of the batch.</param>
    Task<BranchQueued> BuildAsync(RebuildPlan plan, string title, Actor requester, CancellationToken cancellationToken);

    /// <summary>Queues the builds of an ordered batch, at least one.</summary>
    Task<BranchQueued> BuildAsync(ImmutableArray<SolutionOrder.Build> builds, BuildEnvironment environment, string title, Actor requester, CancellationToken cancellationToken);
}

/// <summary>What became of a wish to build.</summary>
/// <param name="Jobs">The jobs; empty when it was refused.</param>
/// <param name="Refusal">Why not, one sentence; null when they are queued.</param>
public sealed record BranchQueued(ImmutableArray<JobId> Jobs, string? Refusal);
