namespace Quern.Cli.Import;

/// <summary>What became of one thing that an import found.</summary>
/// <param name="Kind">What it is, one word: <c>recipe</c>, <c>package</c>, <c>source</c>, …</param>
/// <param name="Name">As the old farm calls it.</param>
/// <param name="Reason">Why, or what is to be known of it; one sentence or part of one.</param>
internal sealed record ImportItem(ImportOutcome Outcome, string Kind, string Name, string Reason);
