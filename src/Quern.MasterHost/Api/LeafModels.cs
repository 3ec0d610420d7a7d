using System.Collections.Immutable;

namespace Quern.MasterHost.Api;

/// <summary>A package as leaf is offered it, with what is needed to fetch and check it.</summary>
internal sealed record LeafPackageModel(
    string Name, string RealVersion, string Version, string Description, ImmutableArray<string> Dependencies, string Environment, string Architecture,
    string Md5, string Sha256, long Bytes);

internal sealed record LeafPage(ImmutableArray<LeafPackageModel> Items, string? Next);
