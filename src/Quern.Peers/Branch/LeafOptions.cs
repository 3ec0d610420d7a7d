using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Peers.Branch;

/// <summary>What the package manager leaf is offered, and how.</summary>
public sealed record LeafOptions
{
    /// <summary>Whose packages are listed. Of one name the first of these environments that has it counts. Default: release alone.</summary>
    public ImmutableArray<BuildEnvironment> Environments { get; init; } = [BuildEnvironment.Release];

    /// <summary>Of the packages, as <c>uname -m</c> prints it: the list has one package of a name. Default: the master's own.</summary>
    public string Architecture { get; init; } = MachineArchitecture.Here;

    /// <summary>Whether addresses of packages name the version, so that a list and a download never disagree. Default no, as the original.</summary>
    public bool PinnedUrls { get; init; }

    /// <summary>Questions and orders that are worked on at once; others wait. Lists of packages and their files are not among them. Default 32.</summary>
    public int MaxParallelRequests { get; init; } = 32;
}
