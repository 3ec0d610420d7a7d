using System.Collections.Immutable;
using Quern.Model;
using Quern.Storage;

namespace Quern.Peers.Branch;

/// <summary>One version of a package in the repository for leaf. Its file is whole and on disk.</summary>
/// <param name="Version">Upstream's, of the revision that was built; so are the next two.</param>
/// <param name="Md5">Of the file.</param>
public sealed record LeafEntry(
    StoredArtifact Artifact, string Version, string Description, ImmutableArray<PackageName> Dependencies, string Md5)
{
    public PackageName Name => Artifact.Name;

    public string RealVersion => Artifact.RealVersion;

    /// <summary>How the file is called for whoever downloads it.</summary>
    public string FileName => $"{Name}-{Version}.lfpkg";
}
