using System.Collections.Immutable;

namespace Quern.WorkerHost;

/// <summary>One logical line: brackets and backslashes join physical ones.</summary>
/// <param name="Number">Of its first physical line, from 1.</param>
/// <param name="Indent">Blanks before it.</param>
/// <param name="Tokens">At least one.</param>
/// <param name="Source">Its first physical line, for messages.</param>
internal sealed record TacLine(int Number, int Indent, ImmutableArray<TacToken> Tokens, string Source);
