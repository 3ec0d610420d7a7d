using System.Collections.Immutable;
using Quern.Packaging.PackageFiles;

namespace Quern.Packaging.Runs;

/// <summary>A package to put into a run root.</summary>
/// <param name="Name">Its name.</param>
/// <param name="File">Its <c>.lfpkg</c> on the master.</param>
/// <param name="Members">What <see cref="PackageFile.VerifyAsync"/> found in it.</param>
public sealed record RunPackage(string Name, string File, ImmutableArray<PackageMember> Members);
