using Quern.Model;

namespace Quern.Graph;

/// <summary>A recipe names a package that has no recipe.</summary>
public readonly record struct UnknownDependency(PackageName Package, PackageName Missing);
