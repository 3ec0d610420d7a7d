using System.Collections.Immutable;

namespace Quern.WorkerHost;

/// <summary>A command of the program, or the program itself.</summary>
/// <param name="Name">The word that calls it; empty for the program.</param>
/// <param name="Summary">One line.</param>
/// <param name="Synopsis">First line of its help, after <c>Usage:</c>.</param>
/// <param name="Description">For its help; empty for none.</param>
/// <param name="Options">In any order.</param>
internal sealed record CommandSpec(string Name, string Summary, string Synopsis, string Description, ImmutableArray<OptionSpec> Options);
