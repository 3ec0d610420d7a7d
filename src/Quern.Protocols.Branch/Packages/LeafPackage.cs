using System.Collections.Immutable;

namespace Quern.Protocols.Branch.Packages;

/// <summary>A package as the package manager leaf learns of it.</summary>
/// <param name="RealVersion">The packager's counter as text: leaf converts it from text and fails on a number.</param>
/// <param name="Version">Upstream's.</param>
/// <param name="Dependencies">What it needs to run.</param>
/// <param name="Hash">MD5 of the file, 32 lower-case hexadecimal digits. leaf compares it with what it downloaded. Empty for a collection.</param>
/// <param name="Url">Where the file is; empty for a collection, which has none.</param>
public sealed record LeafPackage(
    string Name, string RealVersion, string Version, string Description, ImmutableArray<string> Dependencies, string Hash, string Url)
{
    /// <summary>It only stands for its dependencies.</summary>
    public bool IsCollection => Url.Length == 0;

    public bool Equals(LeafPackage? other) =>
        other is not null && Name == other.Name && RealVersion == other.RealVersion && Version == other.Version && Description == other.Description &&
        Hash == other.Hash && Url == other.Url && Dependencies.SequenceEqual(other.Dependencies);

    public override int GetHashCode() => HashCode.Combine(Name, RealVersion, Version, Hash, Url);
}
