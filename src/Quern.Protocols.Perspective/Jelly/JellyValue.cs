using System.Collections.Immutable;
using System.Numerics;
using System.Text;

namespace Quern.Protocols.Perspective;

/// <summary>
/// A jellied value: the closed set of what may travel. The wire never chooses a .NET type beyond it. After decoding, byte
/// payloads are slices of the message they came in and die with it; see <see cref="Detach"/>.
/// </summary>
/// <remarks>Twisted 22.4, <c>twisted/spread/jelly.py</c>.</remarks>
public abstract record JellyValue
{
    private JellyValue() { }

    /// <summary>Python's <c>None</c>.</summary>
    public sealed record None : JellyValue
    {
        /// <summary>The only one.</summary>
        public static None Value { get; } = new();
    }

    /// <summary>A truth value. Old peers send integers instead.</summary>
    public sealed record Boolean(bool Value) : JellyValue
    {
        /// <summary>True.</summary>
        public static Boolean True { get; } = new(true);

        /// <summary>False.</summary>
        public static Boolean False { get; } = new(false);
    }

    /// <summary>An integer of 64 bits.</summary>
    public sealed record Integer(long Value) : JellyValue;

    /// <summary>An integer beyond 64 bits, of at most 448.</summary>
    public sealed record LargeInteger(BigInteger Value) : JellyValue;

    /// <summary>A floating-point number.</summary>
    /// <param name="Value">Of 64 bits; may be an infinity or not a number.</param>
    public sealed record Float(double Value) : JellyValue;

    /// <summary>A byte string. Peers that run on Python 2 send text this way.</summary>
    public sealed record Bytes(ReadOnlyMemory<byte> Value) : JellyValue
    {
        /// <summary>The bytes of a text, as names of methods and users go out.</summary>
        public static Bytes Of(string text) => new(Encoding.UTF8.GetBytes(text));

        /// <summary>The same bytes.</summary>
        public bool Equals(Bytes? other) => other is not null && Value.Span.SequenceEqual(other.Value.Span);

        /// <inheritdoc/>
        public override int GetHashCode() => HashOf(Value.Span);
    }

    /// <summary>A text.</summary>
    /// <param name="Utf8">Its bytes as they travel; after decoding not checked to be UTF-8.</param>
    public sealed record Text(ReadOnlyMemory<byte> Utf8) : JellyValue
    {
        /// <summary>A text of ours.</summary>
        public static Text Of(string text) => new(Encoding.UTF8.GetBytes(text));

        /// <summary>The text, with U+FFFD for what is not UTF-8.</summary>
        public string AsString() => Encoding.UTF8.GetString(Utf8.Span);

        /// <summary>The same bytes.</summary>
        public bool Equals(Text? other) => other is not null && Utf8.Span.SequenceEqual(other.Utf8.Span);

        /// <inheritdoc/>
        public override int GetHashCode() => HashOf(Utf8.Span);
    }

    /// <summary>Several values in order: what list, tuple, set and frozenset have in common.</summary>
    public abstract record Sequence : JellyValue
    {
        private protected Sequence(ImmutableArray<JellyValue> items) => Items = items.IsDefault ? [] : items;

        /// <summary>In the order of the wire.</summary>
        public ImmutableArray<JellyValue> Items { get; }

        /// <summary>The same kind with equal items in the same order.</summary>
        public virtual bool Equals(Sequence? other) =>
            other is not null && other.GetType() == GetType() && Items.AsSpan().SequenceEqual(other.Items.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() => Items.Length;
    }

    /// <summary>A list.</summary>
    /// <param name="Items">In the order of the wire.</param>
    public sealed record List(ImmutableArray<JellyValue> Items) : Sequence(Items);

    /// <summary>A tuple.</summary>
    /// <param name="Items">In the order of the wire.</param>
    public sealed record Tuple(ImmutableArray<JellyValue> Items) : Sequence(Items)
    {
        /// <summary>No items.</summary>
        public static Tuple Empty { get; } = new([]);
    }

    /// <summary>A set; its items in the order of the wire.</summary>
    public sealed record Set(ImmutableArray<JellyValue> Items) : Sequence(Items);

    /// <summary>A frozen set; its items in the order of the wire.</summary>
    public sealed record FrozenSet(ImmutableArray<JellyValue> Items) : Sequence(Items);

    /// <summary>A dictionary in the order of the wire; a key that comes twice keeps its last value.</summary>
    public sealed record Dictionary(ImmutableArray<KeyValuePair<JellyValue, JellyValue>> Entries) : JellyValue
    {
        /// <summary>No entries.</summary>
        public static Dictionary Empty { get; } = new([]);

        /// <summary>The value of a key given as text, whether it travelled as text or as bytes; null when it is absent.</summary>
        public JellyValue? this[string key]
        {
            get
            {
                for (int i = Entries.Length - 1; i >= 0; i--)
                    if (Entries[i].Key.IsText(key)) return Entries[i].Value;
                return null;
            }
        }

        /// <summary>Equal entries in the same order.</summary>
        public bool Equals(Dictionary? other) => other is not null && Entries.AsSpan().SequenceEqual(other.Entries.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() => Entries.Length;
    }

    /// <summary>An object of the sender that the receiver may call. The receiver owes one release for each one received.</summary>
    public sealed record Remote(long Id) : JellyValue;

    /// <summary>An object of the receiver, handed back.</summary>
    public sealed record Local(long Id) : JellyValue;

    /// <summary>An exception that travels as a value.</summary>
    public sealed record Failure(CopiedFailure Value) : JellyValue;

    /// <summary>Something that the sender could not send, and why.</summary>
    public sealed record Unpersistable(string Reason) : JellyValue;

    /// <summary>A container inside itself: stands for the enclosing container with this number, counted from 1 per value.</summary>
    public sealed record Cycle(long Number) : JellyValue;

    /// <summary>A <c>datetime</c>, <c>date</c>, <c>time</c> or <c>timedelta</c> in its own words.</summary>
    /// <param name="Kind">One of those four.</param>
    /// <param name="Numbers">Blank between numbers: <c>Y M D h m s us</c>, <c>Y M D</c>, <c>h m s us</c>, <c>days s us</c>.</param>
    public sealed record Moment(string Kind, string Numbers) : JellyValue;

    /// <summary>A decimal number: mantissa times ten to the exponent.</summary>
    public sealed record Decimal(BigInteger Mantissa, long Exponent) : JellyValue;

    /// <summary>The text of a <see cref="Text"/>, or of a <see cref="Bytes"/> that is UTF-8: peers of all ages mix them.</summary>
    public bool TryGetText([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? text)
    {
        text = this switch
        {
            Text t => t.AsString(),
            Bytes b when System.Text.Unicode.Utf8.IsValid(b.Value.Span) => Encoding.UTF8.GetString(b.Value.Span),
            _ => null,
        };
        return text is not null;
    }

    /// <summary>Whether this is the text, as <see cref="Text"/> or as <see cref="Bytes"/>.</summary>
    public bool IsText(string text)
    {
        const int longest = 256;
        if (this is not (Text or Bytes)) return false;
        var utf8 = this is Text t ? t.Utf8.Span : ((Bytes)this).Value.Span;
        if (text.Length > utf8.Length || utf8.Length > 3L * text.Length) return false;
        if (utf8.Length > longest) return Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(utf8);
        Span<byte> expected = stackalloc byte[longest * 3];
        return expected[..Encoding.UTF8.GetBytes(text, expected)].SequenceEqual(utf8);
    }

    /// <summary>The same value with byte payloads of its own, which outlive the message.</summary>
    public JellyValue Detach() => this switch
    {
        Bytes b => new Bytes(b.Value.ToArray()),
        Text t => new Text(t.Utf8.ToArray()),
        List l => new List(DetachAll(l.Items)),
        Tuple t => new Tuple(DetachAll(t.Items)),
        Set s => new Set(DetachAll(s.Items)),
        FrozenSet s => new FrozenSet(DetachAll(s.Items)),
        Dictionary d => new Dictionary([.. d.Entries.Select(e => KeyValuePair.Create(e.Key.Detach(), e.Value.Detach()))]),
        _ => this,
    };

    private static ImmutableArray<JellyValue> DetachAll(ImmutableArray<JellyValue> items) => [.. items.Select(i => i.Detach())];

    private static int HashOf(ReadOnlySpan<byte> bytes)
    {
        var hash = new HashCode();
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    /// <summary>A text.</summary>
    public static implicit operator JellyValue(string value) => Text.Of(value);

    /// <summary>A truth value.</summary>
    public static implicit operator JellyValue(bool value) => value ? Boolean.True : Boolean.False;

    /// <summary>An integer.</summary>
    public static implicit operator JellyValue(long value) => new Integer(value);

    /// <summary>A floating-point number.</summary>
    public static implicit operator JellyValue(double value) => new Float(value);

    /// <summary>A text.</summary>
    public static JellyValue FromString(string value) => Text.Of(value);

    /// <summary>A truth value.</summary>
    public static JellyValue FromBoolean(bool value) => value;

    /// <summary>An integer.</summary>
    public static JellyValue FromInt64(long value) => new Integer(value);

    /// <summary>A floating-point number.</summary>
    public static JellyValue FromDouble(double value) => new Float(value);
}
