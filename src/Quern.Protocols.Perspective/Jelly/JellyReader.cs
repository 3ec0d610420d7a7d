using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Quern.Protocols.Perspective;

/// <summary>
/// Turns Banana elements into jellied values. Only the tags of this class are known; everything else is refused, which is not
/// an error of the connection: the call that carried it is answered with InsecureJelly.
/// </summary>
/// <remarks>
/// Structure and depth were checked by the framer. What is allocated is charged against an allowance before it is made. A value
/// that is referenced again is charged again, although it is made once: whoever walks the result walks it each time, so a few
/// bytes must not stand for millions of values.
/// </remarks>
/// <param name="allowance">Bytes that all values read may cost together.</param>
/// <param name="ownPayloads">Copy byte payloads instead of slicing the input.</param>
internal sealed class JellyReader(long allowance, bool ownPayloads)
{
    // Objects with their headers on a 64-bit runtime, rounded up.
    private const int ScalarCost = 40;
    private const int ContainerCost = 72;
    private const int ReferenceCost = 128;

    private long _left = allowance;

    // Values that are referenced with what they cost; without a value while a container is still being read.
    private Dictionary<long, (JellyValue? Value, long Cost)>? _references;

    /// <summary>Why the last <see cref="Read"/> said null.</summary>
    public string Refusal { get; private set; } = "";

    /// <summary>Ids of the <c>remote</c> forms met, also before a refusal: the receiver owes a release for each.</summary>
    public List<long>? Remotes { get; private set; }

    /// <summary>A whole value, with reference numbers of its own; null when it holds something that is not allowed.</summary>
    public JellyValue? ReadWhole(ref BananaReader input)
    {
        _references?.Clear();
        return Read(ref input);
    }

    /// <summary>A string of received text, or null when the allowance does not reach.</summary>
    public string? MakeString(ReadOnlySpan<byte> utf8)
    {
        // UTF-16 never has more characters than UTF-8 has bytes.
        if (!Charge(ScalarCost + 2L * utf8.Length)) return null;
        return Encoding.UTF8.GetString(utf8);
    }

    private JellyValue? Read(ref BananaReader input)
    {
        var type = input.ReadHeader(out long count);
        switch (type)
        {
            case BananaType.List:
                return ReadForm(ref input, count);
            case BananaType.Bytes:
                return TryOwn(input.ReadBody(count), out var bytes) ? new JellyValue.Bytes(bytes) : null;
            case BananaType.Vocabulary:
                PbVocabulary.TryGetToken(count, out var token);
                return Charge(ScalarCost) ? new JellyValue.Bytes(token) : null;
            case BananaType.Float:
                double number = input.ReadDouble();
                return Charge(ScalarCost) ? new JellyValue.Float(number) : null;
            default:
                if (!Charge(ScalarCost)) return null;
                if (input.TryGetNumber(type, out long value, out var big)) return new JellyValue.Integer(value);
                return Charge(BananaLimits.MaxPrefixBytes) ? new JellyValue.LargeInteger(big) : null;
        }
    }

    private JellyValue? ReadForm(ref BananaReader input, long count)
    {
        if (count == 0) return Refuse("an empty list is no jellied value");
        if (!input.TryReadBytes(out var tagBytes)) return Refuse("a jellied list must begin with a tag");
        var tag = tagBytes.Span;
        long rest = count - 1;
        if (tag.SequenceEqual(JellyWords.Unicode)) return ReadText(ref input, rest);
        if (tag.SequenceEqual(JellyWords.None)) return rest == 0 ? JellyValue.None.Value : Wrong(tag);
        if (tag.SequenceEqual(JellyWords.Boolean)) return ReadBoolean(ref input, rest);
        if (tag.SequenceEqual(JellyWords.List)) return ReadItems(ref input, rest) is { } items ? new JellyValue.List(items) : null;
        if (tag.SequenceEqual(JellyWords.Tuple)) return ReadItems(ref input, rest) is { } items ? new JellyValue.Tuple(items) : null;
        if (tag.SequenceEqual(JellyWords.Dictionary)) return ReadDictionary(ref input, rest);
        if (tag.SequenceEqual(JellyWords.Set)) return ReadItems(ref input, rest) is { } items ? new JellyValue.Set(items) : null;
        if (tag.SequenceEqual(JellyWords.FrozenSet)) return ReadItems(ref input, rest) is { } items ? new JellyValue.FrozenSet(items) : null;
        if (tag.SequenceEqual(JellyWords.Remote)) return ReadRemote(ref input, rest);
        if (tag.SequenceEqual(JellyWords.Local))
            return rest == 1 && input.TryReadInteger(out long local) && Charge(ScalarCost) ? new JellyValue.Local(local) : Wrong(tag);
        if (tag.SequenceEqual(JellyWords.Reference)) return ReadReference(ref input, rest);
        if (tag.SequenceEqual(JellyWords.Dereference)) return ReadDereference(ref input, rest);
        if (tag.SequenceEqual(JellyWords.Unpersistable)) return ReadUnpersistable(ref input, rest);
        if (tag.SequenceEqual(JellyWords.Persistent)) return ReadPersistent(ref input, rest);
        if (tag.SequenceEqual(JellyWords.CopyableFailure)) return ReadFailure(ref input, rest);
        if (tag.SequenceEqual(JellyWords.Decimal)) return ReadDecimal(ref input, rest);
        if (JellyWords.MomentKind(tag) is { } kind) return ReadMoment(ref input, rest, kind);
        return Refuse($"'{Shown.Of(tag)}' is not allowed");
    }

    private JellyValue? ReadText(ref BananaReader input, long rest)
    {
        if (rest != 1 || !input.TryReadBytes(out var utf8)) return Wrong(JellyWords.Unicode);
        if (!Utf8.IsValid(utf8.Span)) return Refuse("a text is not UTF-8");
        return TryOwn(utf8, out var text) ? new JellyValue.Text(text) : null;
    }

    private JellyValue? ReadBoolean(ref BananaReader input, long rest)
    {
        if (rest == 1 && input.TryReadBytes(out var word))
        {
            if (word.Span.SequenceEqual(JellyWords.True)) return JellyValue.Boolean.True;
            if (word.Span.SequenceEqual(JellyWords.False)) return JellyValue.Boolean.False;
        }
        return Wrong(JellyWords.Boolean);
    }

    private ImmutableArray<JellyValue>? ReadItems(ref BananaReader input, long count)
    {
        if (count == 0) return Charge(ContainerCost) ? [] : null;
        if (!Charge(ContainerCost + 8 * count)) return null;
        var items = new JellyValue[count];
        for (int i = 0; i < items.Length; i++)
        {
            if (Read(ref input) is not { } item) return null;
            items[i] = item;
        }
        return ImmutableCollectionsMarshal.AsImmutableArray(items);
    }

    private JellyValue? ReadDictionary(ref BananaReader input, long count)
    {
        if (count == 0) return JellyValue.Dictionary.Empty;
        if (!Charge(ContainerCost + 16 * count)) return null;
        var entries = new KeyValuePair<JellyValue, JellyValue>[count];
        for (int i = 0; i < entries.Length; i++)
        {
            if (input.ReadHeader(out long two) != BananaType.List || two != 2) return Refuse("a dictionary's entry must be a list of two");
            if (Read(ref input) is not { } key || Read(ref input) is not { } value) return null;
            entries[i] = KeyValuePair.Create(key, value);
        }
        return new JellyValue.Dictionary(ImmutableCollectionsMarshal.AsImmutableArray(entries));
    }

    private JellyValue? ReadRemote(ref BananaReader input, long rest)
    {
        if (rest != 1 || !input.TryReadInteger(out long id)) return Wrong(JellyWords.Remote);
        // Three times its own eight bytes for the growing list.
        if (!Charge(ScalarCost + (Remotes is null ? ContainerCost : 24))) return null;
        (Remotes ??= []).Add(id);
        return new JellyValue.Remote(id);
    }

    private JellyValue? ReadReference(ref BananaReader input, long rest)
    {
        if (rest != 2 || !input.TryReadInteger(out long number)) return Wrong(JellyWords.Reference);
        long before = _left;
        if (!Charge(_references is null ? 4 * ReferenceCost : ReferenceCost)) return null;
        _references ??= [];
        if (!_references.TryAdd(number, default)) return Refuse($"reference {number} is given twice");
        if (Read(ref input) is not { } value) return null;
        _references[number] = (value, before - _left);
        return value;
    }

    private JellyValue? ReadDereference(ref BananaReader input, long rest)
    {
        if (rest != 1 || !input.TryReadInteger(out long number)) return Wrong(JellyWords.Dereference);
        // Twisted also allows a number that comes later; only its own encoder could make one, and it does not.
        if (_references is null || !_references.TryGetValue(number, out var known)) return Refuse($"reference {number} is not known");
        if (known.Value is null) return Charge(ScalarCost) ? new JellyValue.Cycle(number) : null;
        return Charge(known.Cost) ? known.Value : null;
    }

    private JellyValue? ReadUnpersistable(ref BananaReader input, long rest)
    {
        if (rest != 1 || Read(ref input) is not { } reason) return Wrong(JellyWords.Unpersistable);
        return TextOf(reason) is { } text && Charge(ScalarCost) ? new JellyValue.Unpersistable(text) : null;
    }

    private JellyValue.Unpersistable? ReadPersistent(ref BananaReader input, long rest)
    {
        for (long i = 0; i < rest; i++)
            if (Read(ref input) is null) return null;
        return Charge(ScalarCost) ? new JellyValue.Unpersistable("a stored object of the sender") : null;
    }

    private JellyValue? ReadFailure(ref BananaReader input, long rest)
    {
        if (rest != 1) return Wrong(JellyWords.CopyableFailure);
        if (Read(ref input) is not { } state) return null;
        if (state is not JellyValue.Dictionary keys) return Wrong(JellyWords.CopyableFailure);
        JellyValue? type = null, message = null, parents = null, traceback = null;
        foreach (var (key, value) in keys.Entries)
        {
            if (Names(key, JellyWords.FailureType)) type = value;
            else if (Names(key, JellyWords.FailureValue)) message = value;
            else if (Names(key, JellyWords.FailureParents)) parents = value;
            else if (Names(key, JellyWords.FailureTraceback)) traceback = value;
        }
        if (TextOf(type) is not { } name || TextOf(message) is not { } text || TextOf(traceback) is not { } trace
            || TextsOf(parents, name) is not { } bases || !Charge(2 * ContainerCost)) return null;
        return new JellyValue.Failure(new CopiedFailure(name, text) { Parents = bases, Traceback = trace });
    }

    private static bool Names(JellyValue key, string name)
    {
        var bytes = key switch { JellyValue.Text t => t.Utf8.Span, JellyValue.Bytes b => b.Value.Span, _ => default };
        return Ascii.Equals(bytes, name);
    }

    private ImmutableArray<string>? TextsOf(JellyValue? value, string otherwise)
    {
        if (value is not JellyValue.Sequence names) return [otherwise];
        if (!Charge(ContainerCost + 8L * names.Items.Length)) return null;
        var texts = new string[names.Items.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            if (TextOf(names.Items[i]) is not { } text) return null;
            texts[i] = text;
        }
        return ImmutableCollectionsMarshal.AsImmutableArray(texts);
    }

    private JellyValue? ReadDecimal(ref BananaReader input, long rest)
    {
        if (rest != 2 || Read(ref input) is not { } mantissa || !input.TryReadInteger(out long exponent)) return Wrong(JellyWords.Decimal);
        if (!Charge(ScalarCost + BananaLimits.MaxPrefixBytes)) return null;
        return mantissa switch
        {
            JellyValue.Integer small => new JellyValue.Decimal(small.Value, exponent),
            JellyValue.LargeInteger large => new JellyValue.Decimal(large.Value, exponent),
            _ => Wrong(JellyWords.Decimal),
        };
    }

    private JellyValue? ReadMoment(ref BananaReader input, long rest, string kind)
    {
        const int longest = 64;
        if (rest != 1 || !input.TryReadBytes(out var numbers) || numbers.Length > longest || !Charge(ScalarCost)
            || numbers.Span.ContainsAnyExcept(JellyWords.MomentAlphabet) || MakeString(numbers.Span) is not { } text)
            return Wrong(Encoding.ASCII.GetBytes(kind));
        return new JellyValue.Moment(kind, text);
    }

    /// <summary>The text of a value, empty for one that has none; null when the allowance does not reach.</summary>
    private string? TextOf(JellyValue? value) => value switch
    {
        JellyValue.Text t => MakeString(t.Utf8.Span),
        JellyValue.Bytes b => MakeString(b.Value.Span),
        _ => "",
    };

    private bool TryOwn(ReadOnlyMemory<byte> slice, out ReadOnlyMemory<byte> payload)
    {
        payload = slice;
        if (!Charge(ownPayloads ? ScalarCost + 32 + slice.Length : ScalarCost)) return false;
        if (ownPayloads) payload = slice.ToArray();
        return true;
    }

    private bool Charge(long cost)
    {
        _left -= cost;
        if (_left >= 0) return true;
        Refuse("the values are more than a message may hold");
        return false;
    }

    private JellyValue? Wrong(ReadOnlySpan<byte> tag) => Refuse($"'{Shown.Of(tag)}' has the wrong shape");

    private JellyValue? Refuse(string why)
    {
        if (Refusal.Length == 0) Refusal = why;
        return null;
    }
}
