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

/// <summary>A fetched source.</summary>
/// <param name="FileName">What the build script finds it as; made safe by <c>SourceAddress.SafeFileName</c>.</param>
/// <param name="Sha256">Its blob.</param>
/// <param name="IsMain">The recipe's <c>source</c>, which is unpacked when it is a tar archive; extra sources never are.</param>
public sealed record PlannedSource(string FileName, Sha256Hash Sha256, bool IsMain);

/// <summary>A finished package that a build needs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its upstream version.</param>
/// <param name="Sha256">The blob of its package file, verified when it was stored.</param>
/// <param name="Dependencies">Its run-time dependencies.</param>
public sealed record PlannedPackage(PackageName Name, string Version, Sha256Hash Sha256, ImmutableArray<PackageName> Dependencies);
