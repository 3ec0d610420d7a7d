using Quern.Protocols.Perspective.Codec;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Perspective.Golden;

public sealed class GoldenTests
{
    public static TheoryData<string> StreamNames => [.. Captures.Streams.Select(stream => stream.Name)];

    [Fact]
    public void Captures_of_every_pair_of_peers_and_both_directions_are_there()
    {
        foreach (string folder in Captures.Folders)
        {
            Assert.Contains(Captures.Streams, s => s.Name.StartsWith(folder + "/", StringComparison.Ordinal) && s.FromWorker);
            Assert.Contains(Captures.Streams, s => s.Name.StartsWith(folder + "/", StringComparison.Ordinal) && !s.FromWorker);
        }
        Assert.True(Captures.Messages.Count > 1000, $"only {Captures.Messages.Count} messages");
    }

    [Fact]
    public void No_capture_is_left_out()
    {
        foreach (string folder in Captures.Folders)
        {
            var files = Directory.GetFiles(Path.Combine(Repository.Root, "tests", "golden", folder), "*.jsonl")
                .Select(file => $"{folder}/{Path.GetFileName(file).Split('.')[0]}").Distinct();
            Assert.All(files, scenario =>
            {
                Assert.Contains(Captures.Streams, s => s.FromWorker && s.Name.StartsWith(scenario + " ", StringComparison.Ordinal));
                Assert.Contains(Captures.Streams, s => !s.FromWorker && s.Name.StartsWith(scenario + " ", StringComparison.Ordinal));
            });
        }
    }

    [Theory, MemberData(nameof(StreamNames))]
    public void Every_message_decodes_and_encodes_to_the_same_bytes(string name)
    {
        CapturedStream stream = Captures.Streams.Single(s => s.Name == name);
        foreach (var element in stream.Elements().Skip(1))
        {
            var message = Wire.Message(element);
            if (message is PerspectiveMessage.Call { Refusal: { Length: > 0 } refusal }) Assert.Fail(refusal);
            byte[] again = Wire.Encode(message);
            if (NotCanonical(element, message)) AssertSameMeaning(message, Wire.Message(again));
            else Assert.Equal(Convert.ToHexString(element.Span), Convert.ToHexString(again));
        }
    }

    [Fact]
    public void Most_messages_are_compared_byte_for_byte()
    {
        int canonical = Captures.Messages.Count(m => !NotCanonical(m, Wire.Message(m)));
        Assert.True(canonical > Captures.Messages.Count * 9 / 10, $"{canonical} of {Captures.Messages.Count}");
    }

    [Theory, MemberData(nameof(StreamNames))]
    public void The_negotiation_decodes_and_encodes_to_the_same_bytes(string name)
    {
        CapturedStream stream = Captures.Streams.Single(s => s.Name == name);
        var element = stream.Elements().First();

        PerspectiveMessage? first = stream.FromWorker ? PerspectiveCodec.DecodeChoice(element) : PerspectiveCodec.DecodeOffer(element);

        Assert.NotNull(first);
        Assert.Equal(Convert.ToHexString(element.Span), Convert.ToHexString(Wire.Encode(first, vocabulary: false)));
    }

    /// <summary>Every cut of a short stream, and some hundred of a long one: the pieces give the elements of the whole.</summary>
    [Theory, MemberData(nameof(StreamNames))]
    public void A_stream_cut_at_any_byte_gives_the_same_elements(string name)
    {
        CapturedStream stream = Captures.Streams.Single(s => s.Name == name);
        int[] ends = [.. Ends(stream.Elements())];
        int step = stream.Bytes.Length <= 2048 ? 1 : stream.Bytes.Length / 199;

        for (int cut = 1; cut < stream.Bytes.Length; cut += step)
            Assert.Equal(ends, Ends(stream.Bytes.AsMemory(0, cut), stream.Bytes.AsMemory(cut)));
        Assert.Equal(ends, Ends([.. stream.Bytes.Select((_, i) => stream.Bytes.AsMemory(i, 1))]));
    }

    /// <summary>
    /// Where our encoder does not give a real peer's bytes back: failures (their running number and Python's state are not kept),
    /// names of keyword arguments that came as bytes (peers on Python 2; we send text), and containers sent once and referenced (we
    /// write them out again).
    /// </summary>
    private static bool NotCanonical(ReadOnlyMemory<byte> element, PerspectiveMessage message) =>
        message is PerspectiveMessage.Error
        || element.Span.IndexOf("twisted.spread.pb.CopyableFailure"u8) >= 0
        || element.Span.IndexOf(Wire.Hex("0487")) >= 0
        || HasBareKeyword(element);

    private static bool HasBareKeyword(ReadOnlyMemory<byte> element)
    {
        var input = new BananaReader(element);
        input.ReadHeader(out _);
        if (!input.TryReadBytes(out var word) || !word.Span.SequenceEqual("message"u8)) return false;
        input.ReadHeader(out _);
        if (input.ReadHeader(out long name) == BananaType.Bytes) input.ReadBody(name);
        input.TryReadBytes(out _);
        input.ReadHeader(out _);
        var reader = new JellyReader(Wire.Ample, ownPayloads: false);
        reader.ReadWhole(ref input);
        return reader.ReadWhole(ref input) is JellyValue.Dictionary { Entries: [var first, ..] } && first.Key is JellyValue.Bytes;
    }

    private static void AssertSameMeaning(PerspectiveMessage expected, PerspectiveMessage actual)
    {
        switch (expected)
        {
            case PerspectiveMessage.Call call:
                var again = Assert.IsType<PerspectiveMessage.Call>(actual);
                Assert.Equal((call.RequestId, call.Target, call.Method, call.WantsAnswer), (again.RequestId, again.Target, again.Method, again.WantsAnswer));
                Assert.Equal(call.Keywords.Select(k => k.Key), again.Keywords.Select(k => k.Key));
                foreach (var (left, right) in call.Arguments.Concat(call.Keywords.Select(k => k.Value))
                    .Zip(again.Arguments.Concat(again.Keywords.Select(k => k.Value)))) AssertSame(left, right);
                break;
            case PerspectiveMessage.Error error:
                AssertSame(new JellyValue.Failure(error.Failure), new JellyValue.Failure(Assert.IsType<PerspectiveMessage.Error>(actual).Failure));
                break;
            default:
                Assert.Equal(expected, actual);
                break;
        }
    }

    private static void AssertSame(JellyValue expected, JellyValue actual)
    {
        if (expected is not JellyValue.Failure(var failure))
        {
            Assert.Equal(expected, actual);
            return;
        }
        var again = Assert.IsType<JellyValue.Failure>(actual).Value;
        Assert.Equal((failure.Type, failure.Message, failure.Traceback), (again.Type, again.Message, again.Traceback));
        Assert.Equal(failure.Parents, again.Parents);
    }

    private static IEnumerable<int> Ends(IEnumerable<ReadOnlyMemory<byte>> elements)
    {
        int end = 0;
        foreach (var element in elements) yield return end += element.Length;
    }

    private static int[] Ends(params ReadOnlyMemory<byte>[] pieces)
    {
        var framer = new BananaFramer();
        var ends = new List<int>();
        int position = 0;
        foreach (var piece in pieces)
        {
            for (int at = 0; at < piece.Length;)
            {
                var status = framer.Scan(piece.Span[at..], vocabulary: ends.Count > 0, out int consumed);
                Assert.True(status is DecodeStatus.Success or DecodeStatus.NeedMore, framer.Problem);
                at += consumed;
                position += consumed;
                if (status == DecodeStatus.Success) ends.Add(position);
            }
        }
        return [.. ends];
    }
}
