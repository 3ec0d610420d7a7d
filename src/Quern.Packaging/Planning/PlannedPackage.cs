using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Packaging.Planning;

/// <summary>A finished package that a build needs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its upstream version.</param>
/// <param name="Sha256">The blob of its package file, verified when it was stored.</param>
/// <param name="Dependencies">Its run-time dependencies.</param>
public sealed record PlannedPackage(PackageName Name, string Version, Sha256Hash Sha256, ImmutableArray<PackageName> Dependencies);
