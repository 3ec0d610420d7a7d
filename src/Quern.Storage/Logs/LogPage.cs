using System.Collections.Immutable;

namespace Quern.Storage;

/// <summary>Some lines of a log, in order.</summary>
/// <param name="FirstLine">Number of the first line of the page; the number asked for when the page is empty.</param>
/// <param name="Lines">Fewer than asked for at the end of the log or after 4 MiB of text; at least one where the log has one.</param>
/// <param name="TotalLines">Number of the last line that the log held when the page was read.</param>
/// <param name="Complete">True when the log was closed properly and nothing follows <paramref name="TotalLines"/>.</param>
public sealed record LogPage(long FirstLine, ImmutableArray<LogLine> Lines, long TotalLines, bool Complete)
{
    /// <summary>The number to ask for next.</summary>
    public long NextLine => Lines.IsEmpty ? FirstLine : Lines[^1].Number + 1;
}
