using Quern.Model;

namespace Quern.Storage;

/// <summary>One line of a log.</summary>
/// <param name="Number">Counted from 1.</param>
/// <param name="Time">When the master took it in, UTC.</param>
/// <param name="Text">Without the line end; bytes that are not UTF-8 show as U+FFFD.</param>
public sealed record LogLine(long Number, DateTimeOffset Time, OutputStream Stream, string Text);
