using System.Collections.Immutable;

namespace Quern.Packaging.Planning;

/// <summary>One entry of <c>environments</c> in <c>quern.yaml</c>; see docs/building.md.</summary>
public sealed record EnvironmentSettings
{
    /// <summary>Null only with <see cref="Isolation.Host"/>, which needs none.</summary>
    public RootSettings? Root { get; init; }

    public Isolation Isolation { get; init; } = Isolation.Sandbox;

    /// <summary>Every build may reach the network, not only those whose recipe asks.</summary>
    public bool Network { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary>Cross only: the GNU triplet that is built for, for instance <c>aarch64-linux-gnu</c>.</summary>
    public string? Target { get; init; }

    /// <summary>Cross only: Debian packages with the cross tools, added to the root's.</summary>
    public ImmutableArray<string> Tools { get; init; } = [];

    /// <summary>Ends a build that takes longer; null for never.</summary>
    public TimeSpan? Timeout { get; init; } = TimeSpan.FromHours(6);    // the longest builds of common distributions

    /// <summary>The root that is made: the configured one with the cross tools.</summary>
    public RootSettings? EffectiveRoot =>
        Root is RootSettings.Debian debian ? debian with { Packages = [.. debian.Packages, .. Tools] } : Root;
}
