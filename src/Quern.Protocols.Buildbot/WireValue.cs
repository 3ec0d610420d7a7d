using System.Collections.Immutable;

namespace Quern.Protocols.Buildbot;

/// <summary>
/// A value as both Buildbot protocols know it: the common ground of MessagePack and of jellied Perspective Broker terms.
/// The wire never chooses a .NET type beyond this closed set.
/// </summary>
public abstract record WireValue
{
    private WireValue() { }

    public sealed record Nil : WireValue
    {
        public static Nil Value { get; } = new();
    }

    public sealed record Boolean(bool Value) : WireValue;

    public sealed record Integer(long Value) : WireValue;

    public sealed record Float(double Value) : WireValue;

    public sealed record Text(string Value) : WireValue;

    public sealed record Binary(ReadOnlyMemory<byte> Value) : WireValue
    {
        public bool Equals(Binary? other) => other is not null && Value.Span.SequenceEqual(other.Value.Span);

        public override int GetHashCode() => Value.Length;
    }

    public sealed record List(ImmutableArray<WireValue> Items) : WireValue
    {
        public bool Equals(List? other) => other is not null && Items.AsSpan().SequenceEqual(other.Items.AsSpan());

        public override int GetHashCode() => Items.Length;
    }

    /// <summary>Keys in the order of the wire; a key that comes twice keeps its last value.</summary>
    public sealed record Map(ImmutableArray<KeyValuePair<string, WireValue>> Entries) : WireValue
    {
        public static Map Empty { get; } = new([]);

        /// <summary>The value of <paramref name="key"/>, or null when it is absent.</summary>
        public WireValue? this[string key]
        {
            get
            {
                for (int i = Entries.Length - 1; i >= 0; i--)
                    if (Entries[i].Key == key) return Entries[i].Value;
                return null;
            }
        }

        public bool Equals(Map? other) => other is not null && Entries.AsSpan().SequenceEqual(other.Entries.AsSpan());

        public override int GetHashCode() => Entries.Length;
    }

    public static implicit operator WireValue(string value) => new Text(value);
    public static implicit operator WireValue(bool value) => new Boolean(value);
    public static implicit operator WireValue(long value) => new Integer(value);
    public static implicit operator WireValue(double value) => new Float(value);

    public static WireValue FromString(string value) => new Text(value);
    public static WireValue FromBoolean(bool value) => new Boolean(value);
    public static WireValue FromInt64(long value) => new Integer(value);
    public static WireValue FromDouble(double value) => new Float(value);
}
