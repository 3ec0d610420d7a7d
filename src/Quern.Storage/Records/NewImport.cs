using Quern.Model;

namespace Quern.Storage;

/// <summary>A package that another farm built, to be published here. Its bytes are in the blob store already, and were checked.</summary>
public sealed record NewImport(
    PackageName Name, string RealVersion, BuildEnvironment Environment, string Architecture, Sha256Hash Sha256, long Bytes, PackageFacts Facts)
{
    /// <summary>Takes the place of another package of the same name, version, environment and architecture.</summary>
    public bool Replace { get; init; }
}
