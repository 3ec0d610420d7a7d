using Quern.Protocols.Branch.Packages;

namespace Quern.WorkerHost;

/// <summary>What a bot can build in at a time.</summary>
/// <param name="List">The packages of the master.</param>
/// <param name="Release">The template of release builds; null when the master deploys none.</param>
/// <param name="Cross">The same for cross builds.</param>
internal sealed record Deployed(LeafPackageList List, string? Release, string? Cross);
