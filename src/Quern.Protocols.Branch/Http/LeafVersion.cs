namespace Quern.Protocols.Branch;

/// <summary>One version of a package.</summary>
/// <param name="RealVersion">The packager's counter as text.</param>
/// <param name="Version">Upstream's.</param>
public readonly record struct LeafVersion(string RealVersion, string Version);
