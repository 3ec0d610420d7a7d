using System.Collections.Immutable;

namespace Quern.Packaging.Debian;

/// <summary>One archive of apt's configuration.</summary>
/// <param name="Uri">The archive's root.</param>
/// <param name="Suite">For instance <c>bookworm-updates</c>.</param>
/// <param name="Components">For instance <c>main</c>; empty for a flat archive.</param>
/// <param name="SignedBy">Key rings or fingerprints; empty when the entry names none.</param>
public sealed record AptEntry(string Uri, string Suite, ImmutableArray<string> Components, string SignedBy);
