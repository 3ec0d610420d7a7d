using System.Collections.Immutable;

namespace Quern.Peers.Estate;

/// <summary>Part of a list.</summary>
/// <param name="Next">What asks for the part that follows; empty when this was the last.</param>
public sealed record Page<T>(ImmutableArray<T> Items, string Next = "");
