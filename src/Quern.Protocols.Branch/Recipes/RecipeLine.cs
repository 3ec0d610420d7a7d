using System.Collections.Immutable;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>One piece of a recipe file, kept so that printing gives the same text again.</summary>
public abstract record RecipeLine
{
    private RecipeLine()
    {
    }

    /// <summary><c>key=value</c>: split at the first <c>=</c>, both halves verbatim.</summary>
    public sealed record Entry(string Key, string Value) : RecipeLine;

    /// <summary>A blank line, a comment (<c>#</c> in the first column) or any other line without <c>=</c>; it says nothing to a program.</summary>
    public sealed record Note(string Text) : RecipeLine
    {
        public bool IsComment => Text.StartsWith('#');

        public bool IsBlank => string.IsNullOrWhiteSpace(Text);
    }

    /// <summary>
    /// A build block: <c>build=</c> with <paramref name="Opening"/> (by convention <c>{</c>), the script lines verbatim, and
    /// the closing <c>}</c> unless the file ended before it.
    /// </summary>
    public sealed record Script(string Opening, ImmutableArray<string> Lines, bool Closed) : RecipeLine
    {
        /// <summary>How many lines of the file the block takes.</summary>
        public int Height => 1 + Lines.Length + (Closed ? 1 : 0);

        public bool Equals(Script? other) =>
            other is not null && Opening == other.Opening && Closed == other.Closed && Lines.AsSpan().SequenceEqual(other.Lines.AsSpan());

        public override int GetHashCode() => HashCode.Combine(Opening, Lines.Length, Closed);
    }
}
