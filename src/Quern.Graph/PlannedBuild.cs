using Quern.Model;

namespace Quern.Graph;

/// <summary>One build of a rebuild plan.</summary>
/// <param name="Layer">From 0; everything a build needs of the plan lies in lower layers.</param>
public readonly record struct PlannedBuild(PackageName Package, BuildEnvironment Environment, int Layer);
