using System.Collections.Immutable;
using Quern.Model;

namespace Quern.MasterHost.Configuration;

/// <summary>What is offered over Branch's HTTP API, and to whom.</summary>
public sealed record LeafSettings
{
    /// <summary>The front of all addresses that are given out; empty when the file does not say.</summary>
    public string Url { get; init; } = "";

    /// <summary>Whether whoever has no key sees lists of jobs, clients and recipes, beside packages, which everybody sees.</summary>
    public bool AnonymousReads { get; init; }

    /// <summary>Whether pages of other places may ask.</summary>
    public bool Cors { get; init; }

    /// <summary>Whether the port of API and pages answers too.</summary>
    public bool Share { get; init; }

    /// <summary>Whether addresses of packages name their version.</summary>
    public bool PinnedUrls { get; init; }

    /// <summary>Of the packages, as <c>uname -m</c> prints it.</summary>
    public string Architecture { get; init; } = MachineArchitecture.Here;

    /// <summary>Whose packages are offered, each once; of one name the first that has it.</summary>
    public ImmutableArray<BuildEnvironment> Environments { get; init; } = [BuildEnvironment.Release];
}
