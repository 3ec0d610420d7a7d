using System.Collections.Immutable;

namespace Quern.Model;

/// <summary>
/// What it takes to build one package. The first ten members are those of the Branch recipe; the others are Quern's own
/// and are ignored by Branch programs.
/// </summary>
public sealed record Recipe
{
    public required PackageName Name { get; init; }

    /// <summary>The upstream version: 1 to 64 characters of <c>A-Z a-z 0-9 . _ + ~ : -</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The packager's counter, 1 to 9 decimal digits kept as text; "latest" is the greatest as a number.</summary>
    public required string RealVersion { get; init; }

    /// <summary>Where the upstream archive comes from: <c>https://…</c>, <c>deb-src:NAME</c>, <c>file:/…</c>, or empty for none.</summary>
    public string Source { get; init; } = "";

    /// <summary>Each an address like <see cref="Source"/> or the id of a managed extra source.</summary>
    public ImmutableArray<string> ExtraSources { get; init; } = [];

    public string Description { get; init; } = "";

    /// <summary>Packages needed to run.</summary>
    public ImmutableArray<PackageName> Dependencies { get; init; } = [];

    /// <summary>Packages needed to build (file key <c>builddeps</c>).</summary>
    public ImmutableArray<PackageName> BuildDependencies { get; init; } = [];

    /// <summary>Packages needed for a cross build (file key <c>crossdeps</c>).</summary>
    public ImmutableArray<PackageName> CrossDependencies { get; init; } = [];

    /// <summary>Lines of the build script, without line ends.</summary>
    public ImmutableArray<string> BuildScript { get; init; } = [];

    /// <summary>
    /// Expected hashes, <see cref="Source"/> first, then each extra source that is an address, in order; null where the
    /// recipe names none ("record what comes first").
    /// </summary>
    public ImmutableArray<Sha256Hash?> Sha256 { get; init; } = [];

    /// <summary>Architectures the recipe may be built on, as <c>uname -m</c> prints them; empty means any.</summary>
    public ImmutableArray<string> Architectures { get; init; } = [];

    /// <summary>Whether the build itself may reach the network.</summary>
    public bool Network { get; init; }

    /// <summary>Lines of a script that runs after the build, in the same root; a failure fails the build.</summary>
    public ImmutableArray<string> Tests { get; init; } = [];
}
