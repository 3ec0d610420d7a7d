using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Quern.Protocols.Perspective;

namespace Quern.Protocols.Buildbot.Perspective;

/// <summary>
/// Between jellied terms and the values that both Buildbot protocols share. Peers of Python 2 send bare strings where newer
/// ones send text, so a string that is UTF-8 counts as text. buildbot-pb.md sections 4 and 4.1.
/// </summary>
public static class JellyWire
{
    /// <summary>
    /// Values that one term may become. A term may name the same part many times, so that a few bytes on the wire could
    /// become more than any machine holds; no honest message comes near this.
    /// </summary>
    public const int MaxValues = 200_000;

    /// <summary>Deeper nesting than this is refused; Buildbot's own terms are at most five deep.</summary>
    public const int MaxDepth = 32;

    /// <summary>Reads a term. False for references, failures, keys that are no text, and what goes beyond the limits.</summary>
    /// <param name="jelly">The term.</param>
    /// <param name="value">The same as a value; it holds copies except for <see cref="WireValue.Binary"/>, which is a slice.</param>
    /// <param name="problem">What was wrong with it; empty on success.</param>
    public static bool TryRead(JellyValue jelly, [NotNullWhen(true)] out WireValue? value, out string problem)
    {
        ArgumentNullException.ThrowIfNull(jelly);
        int left = MaxValues;
        problem = "";
        value = Read(jelly, ref left, depth: 0, ref problem);
        return value is not null;
    }

    /// <summary>The term of a value, as Python 3 peers send it: text as text, bytes as bare strings.</summary>
    public static JellyValue Write(WireValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value switch
        {
            WireValue.Nil => JellyValue.None.Value,
            WireValue.Boolean boolean => (JellyValue)boolean.Value,
            WireValue.Integer integer => new JellyValue.Integer(integer.Value),
            WireValue.Float number => new JellyValue.Float(number.Value),
            WireValue.Text text => JellyValue.Text.Of(text.Value),
            WireValue.Binary bytes => new JellyValue.Bytes(bytes.Value),
            WireValue.List list => new JellyValue.List([.. list.Items.Select(Write)]),
            WireValue.Map map => new JellyValue.Dictionary([.. map.Entries.Select(pair =>
                KeyValuePair.Create((JellyValue)JellyValue.Text.Of(pair.Key), Write(pair.Value)))]),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static WireValue? Read(JellyValue jelly, ref int left, int depth, ref string problem)
    {
        if (--left < 0 || depth > MaxDepth)
        {
            problem = left < 0 ? $"the term has over {MaxValues} values" : $"the term is nested over {MaxDepth} deep";
            return null;
        }

        switch (jelly)
        {
            case JellyValue.None: return WireValue.Nil.Value;
            case JellyValue.Boolean boolean: return new WireValue.Boolean(boolean.Value);
            case JellyValue.Integer integer: return new WireValue.Integer(integer.Value);
            case JellyValue.Float number: return new WireValue.Float(number.Value);
            case JellyValue.Text or JellyValue.Bytes when jelly.TryGetText(out string? text): return new WireValue.Text(text);
            case JellyValue.Bytes bytes: return new WireValue.Binary(bytes.Value);
            case JellyValue.Sequence sequence: return ReadList(sequence.Items, ref left, depth, ref problem);
            case JellyValue.Dictionary dictionary: return ReadMap(dictionary, ref left, depth, ref problem);
            default:
                problem = $"a {jelly.GetType().Name} has no place here";
                return null;
        }
    }

    private static WireValue.List? ReadList(ImmutableArray<JellyValue> items, ref int left, int depth, ref string problem)
    {
        var values = ImmutableArray.CreateBuilder<WireValue>(Math.Min(items.Length, left));
        foreach (JellyValue item in items)
        {
            if (Read(item, ref left, depth + 1, ref problem) is not { } value) return null;
            values.Add(value);
        }

        return new WireValue.List(values.DrainToImmutable());
    }

    private static WireValue.Map? ReadMap(JellyValue.Dictionary dictionary, ref int left, int depth, ref string problem)
    {
        var entries = ImmutableArray.CreateBuilder<KeyValuePair<string, WireValue>>(Math.Min(dictionary.Entries.Length, left));
        foreach ((JellyValue key, JellyValue item) in dictionary.Entries)
        {
            if (!key.TryGetText(out string? name))
            {
                problem = "a dictionary has a key that is no text";
                return null;
            }

            if (Read(item, ref left, depth + 1, ref problem) is not { } value) return null;
            entries.Add(new(name, value));
        }

        return new WireValue.Map(entries.DrainToImmutable());
    }
}
