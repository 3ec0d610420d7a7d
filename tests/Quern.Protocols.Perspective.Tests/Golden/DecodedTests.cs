using System.Text.Json;
using Quern.Protocols.Perspective.Codec;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Perspective.Golden;

/// <summary>
/// Holds what we read in the captures against what a decoder that is not ours read in them: the <c>.decoded.jsonl</c> beside each,
/// whose form <c>tests/golden/README.md</c> describes.
/// </summary>
public sealed class DecodedTests
{
    public static TheoryData<string> StreamNames => [.. Captures.Streams.Select(stream => stream.Name)];

    [Theory, MemberData(nameof(StreamNames))]
    public void Every_message_is_what_the_other_decoder_read(string name)
    {
        CapturedStream stream = Captures.Streams.Single(s => s.Name == name);
        ReadOnlyMemory<byte>[] elements = [.. stream.Elements()];
        JsonElement[] lines = [.. LinesOf(name)];

        Assert.Equal(lines.Select(line => line.GetProperty("size").GetInt32()), elements.Select(e => e.Length));
        for (int i = 1; i < elements.Length; i++)
        {
            var expected = lines[i].GetProperty("pb");
            string trouble = Compare(expected, Wire.Message(elements[i]));
            Assert.True(trouble.Length == 0, $"{name}, message {i}: {trouble} in {expected}");
        }
    }

    [Fact]
    public void A_difference_is_seen()
    {
        using var document = JsonDocument.Parse("""{"kind": "answer", "req": 3, "value": {"tuple": [{"k": ["a"]}, {"bytes": {"hex": "00ff"}}, 1, null]}}""");
        JellyValue Value(string text, byte last, long number) => new JellyValue.Tuple(
            [new JellyValue.Dictionary([new("k", new JellyValue.List([text]))]), new JellyValue.Bytes(new byte[] { 0, last }), number, JellyValue.None.Value]);

        Assert.Equal("", Compare(document.RootElement, new PerspectiveMessage.Answer(3, Value("a", 0xff, 1))));
        Assert.NotEqual("", Compare(document.RootElement, new PerspectiveMessage.Answer(4, Value("a", 0xff, 1))));
        Assert.NotEqual("", Compare(document.RootElement, new PerspectiveMessage.Answer(3, Value("b", 0xff, 1))));
        Assert.NotEqual("", Compare(document.RootElement, new PerspectiveMessage.Answer(3, Value("a", 0xfe, 1))));
        Assert.NotEqual("", Compare(document.RootElement, new PerspectiveMessage.Answer(3, Value("a", 0xff, 2))));
    }

    private static IEnumerable<JsonElement> LinesOf(string name)
    {
        string[] parts = name.Split(' ');   // folder/scenario connection direction
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", parts[0] + ".decoded.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.TryGetProperty("pb", out _) && root.GetProperty("conn").GetRawText() == parts[1] && root.GetProperty("dir").GetString() == parts[2])
                yield return root.Clone();
        }
    }

    /// <summary>The first thing that is not as it should be; empty when all is.</summary>
    private static string Compare(JsonElement expected, PerspectiveMessage message) => (expected.GetProperty("kind").GetString(), message) switch
    {
        ("version", PerspectiveMessage.Version version) => Same("version", expected.GetProperty("version").GetInt64(), version.Number),
        ("decref", PerspectiveMessage.Release release) => Same("obj", expected.GetProperty("obj").GetInt64(), release.ObjectNumber),
        ("answer", PerspectiveMessage.Answer answer) =>
            Same("req", expected.GetProperty("req").GetInt64(), answer.RequestId) + Value(expected.GetProperty("value"), answer.Value),
        ("error", PerspectiveMessage.Error error) =>
            Same("req", expected.GetProperty("req").GetInt64(), error.RequestId) + Failure(expected.GetProperty("value"), error.Failure),
        ("message", PerspectiveMessage.Call call) => Call(expected, call),
        var (kind, _) => $"{kind} was read as {message.GetType().Name}",
    };

    private static string Call(JsonElement expected, PerspectiveMessage.Call call)
    {
        var keywords = expected.GetProperty("kw").EnumerateObject().ToList();
        return Same("req", expected.GetProperty("req").GetInt64(), call.RequestId)
            + Same("obj", expected.GetProperty("obj").ToString(), call.Target.ToString())
            + Same("method", expected.GetProperty("method").GetString(), call.Method)
            + Same("answer", expected.GetProperty("answer").GetInt32() != 0, call.WantsAnswer)
            + Value(expected.GetProperty("args"), new JellyValue.Tuple(call.Arguments))
            + Same("kw", string.Join(' ', keywords.Select(k => k.Name)), string.Join(' ', call.Keywords.Select(k => k.Key)))
            + string.Concat(keywords.Zip(call.Keywords, (left, right) => Value(left.Value, right.Value)));
    }

    private static string Value(JsonElement expected, JellyValue value)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Null:
                return value is JellyValue.None ? "" : $"None was read as {value}";
            case JsonValueKind.True or JsonValueKind.False:
                return Same("truth value", (JellyValue)expected.GetBoolean(), value);
            case JsonValueKind.Number:
                return Same("integer", (JellyValue)expected.GetInt64(), value);
            case JsonValueKind.String:
                return Same("text", (JellyValue)expected.GetString()!, value);
            case JsonValueKind.Array:
                return value is JellyValue.List list ? Items(expected, list) : $"a list was read as {value}";
        }
        if (!expected.EnumerateObject().Any()) return Same<JellyValue>("dictionary", JellyValue.Dictionary.Empty, value);
        var first = expected.EnumerateObject().First();
        return (first.Name, value) switch
        {
            ("tuple", JellyValue.Tuple tuple) => Items(first.Value, tuple),
            ("bytes", JellyValue.Bytes bytes) => Bytes(first.Value, bytes.Value.ToArray()),
            ("float", JellyValue.Float number) => Same("float", double.Parse(first.Value.GetString()!, System.Globalization.CultureInfo.InvariantCulture), number.Value),
            ("remote", JellyValue.Remote remote) => Same("remote", first.Value.GetInt64(), remote.Id),
            ("text", JellyValue.Text text) => Shortened(expected, text.AsString()),
            ("copy", JellyValue.Failure failure) => Failure(expected, failure.Value),
            ("dict_items", JellyValue.Dictionary dictionary) => Same("entries", first.Value.GetArrayLength(), dictionary.Entries.Length)
                + string.Concat(first.Value.EnumerateArray().Zip(dictionary.Entries, (left, right) => Value(left[0], right.Key) + Value(left[1], right.Value))),
            (_, JellyValue.Dictionary dictionary) => Same("entries", expected.EnumerateObject().Count(), dictionary.Entries.Length)
                + string.Concat(expected.EnumerateObject().Zip(dictionary.Entries, (left, right) => Same("key", (JellyValue)left.Name, right.Key) + Value(left.Value, right.Value))),
            _ => $"{expected} was read as {value}",
        };
    }

    private static string Items(JsonElement expected, JellyValue.Sequence items) => Same("items", expected.GetArrayLength(), items.Items.Length)
        + string.Concat(expected.EnumerateArray().Zip(items.Items, Value));

    private static string Bytes(JsonElement expected, byte[] bytes)
    {
        if (expected.ValueKind == JsonValueKind.String) return Same("bytes", expected.GetString(), System.Text.Encoding.UTF8.GetString(bytes));
        if (!expected.TryGetProperty("hex", out var hex)) return Shortened(expected, System.Text.Encoding.UTF8.GetString(bytes));
        string all = Convert.ToHexStringLower(bytes);
        if (!expected.TryGetProperty("len", out var length)) return Same("bytes", hex.GetString(), all);
        string[] ends = hex.GetString()!.Split("...");
        return Same("length", length.GetInt32(), bytes.Length)
            + (all.StartsWith(ends[0], StringComparison.Ordinal) && all.EndsWith(ends[1], StringComparison.Ordinal) ? "" : "bytes differ");
    }

    /// <summary>
    /// Of a long text the other decoder wrote down 200 characters, <c> ... </c> and the last 80. Of those we compare 64: a path that
    /// the cut went through kept a letter of what it was before its prefix was replaced.
    /// </summary>
    private static string Shortened(JsonElement expected, string text)
    {
        const int head = 200, tail = 64;
        string ends = expected.GetProperty("text").GetString()!;
        bool same = text.StartsWith(ends[..head], StringComparison.Ordinal) && text.EndsWith(ends[^tail..], StringComparison.Ordinal);
        return Same("length", expected.GetProperty("len").GetInt32(), text.EnumerateRunes().Count()) + (same ? "" : "a long text differs");
    }

    private static string Failure(JsonElement expected, CopiedFailure failure)
    {
        var state = expected.GetProperty("state")[0];
        JsonElement Key(string name) => state.TryGetProperty(name, out var value)
            ? value
            : state.GetProperty("dict_items").EnumerateArray().Single(entry => entry[0].GetProperty("bytes").GetString() == name)[1];
        return Same("copy", expected.GetProperty("copy").GetString(), "twisted.spread.pb.CopyableFailure")
            + Same("type", Text(Key("type")), failure.Type)
            + Same("value", Text(Key("value")), failure.Message)
            + Same("parents", string.Join(' ', Key("parents").EnumerateArray().Select(Text)), string.Join(' ', failure.Parents))
            + (Key("traceback") is { ValueKind: JsonValueKind.Object } cut && cut.TryGetProperty("len", out _)
                ? Shortened(cut, failure.Traceback)
                : Same("traceback", Text(Key("traceback")), failure.Traceback));
    }

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetProperty("bytes").GetString();

    private static string Same<T>(string what, T expected, T actual) =>
        EqualityComparer<T>.Default.Equals(expected, actual) ? "" : $"{what} {expected} was read as {actual}; ";
}
