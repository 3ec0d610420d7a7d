using System.Buffers;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class GoldenMessagePackTests
{
    private static readonly MsgPackCodec Codec = new(new MsgPackCodecOptions());

    public static TheoryData<string> StreamNames => [.. Captures.Streams.Select(stream => stream.Name)];

    [Fact]
    public void Captures_of_both_versions_and_both_directions_are_there()
    {
        Assert.Contains(Captures.Streams, s => s.Name.StartsWith("msgpack/", StringComparison.Ordinal) && s.FromWorker);
        Assert.Contains(Captures.Streams, s => s.Name.StartsWith("msgpack-4.3.0/", StringComparison.Ordinal) && !s.FromWorker);
        Assert.True(Captures.Payloads.Count > 300, $"only {Captures.Payloads.Count} payloads");
    }

    [Theory]
    [InlineData("msgpack")]
    [InlineData("msgpack-4.3.0")]
    [InlineData("msgpack-3.5.0")]
    public void No_capture_is_left_out(string folder)
    {
        CapturedStream[] all = [.. Captures.Streams, .. Captures.V1Streams];
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "tests", "golden", folder), "*.jsonl")
            .Select(file => $"{folder}/{Path.GetFileName(file).Split('.')[0]}").Distinct();

        Assert.All(files, scenario =>
        {
            Assert.Contains(all, s => s.FromWorker && s.Name.StartsWith(scenario + " ", StringComparison.Ordinal));
            Assert.Contains(all, s => !s.FromWorker && s.Name.StartsWith(scenario + " ", StringComparison.Ordinal));
        });
    }

    [Theory, MemberData(nameof(StreamNames))]
    public void Every_payload_decodes_and_encodes_to_the_same_bytes(string name)
    {
        CapturedStream stream = Captures.Streams.Single(s => s.Name == name);
        foreach (byte[] payload in stream.Payloads())
        {
            DecodeStatus status = Codec.Decode(payload, out BuildbotMessage? message);

            Assert.Equal(DecodeStatus.Success, status);
            Assert.IsNotType<BuildbotMessage.Unanswerable>(message);
            Assert.IsNotType<BuildbotMessage.Ignored>(message);
            Assert.Equal(Convert.ToHexString(payload), Convert.ToHexString(Encoded(message!)));
        }
    }

    [Theory, MemberData(nameof(StreamNames))]
    public void Each_side_knows_every_operation_of_the_other(string name)
    {
        CapturedStream stream = Captures.Streams.Single(s => s.Name == name);
        BuildbotSide receiver = stream.FromWorker ? BuildbotSide.Master : BuildbotSide.Worker;
        var codec = new MsgPackCodec(new MsgPackCodecOptions { Side = receiver, KeepLineTables = false });
        foreach (byte[] payload in stream.Payloads())
        {
            Assert.Equal(DecodeStatus.Success, codec.Decode(payload, out BuildbotMessage? message));
            Assert.IsNotType<BuildbotMessage.Unanswerable>(message);
        }
    }

    [Fact]
    public void A_payload_cut_at_any_byte_asks_for_more_and_reads_the_same_when_it_is_whole()
    {
        foreach (byte[] payload in Captures.Payloads)
        {
            int step = payload.Length <= 2048 ? 1 : payload.Length / 199;
            for (int cut = 0; cut < payload.Length; cut += step)
            {
                var part = new ReadOnlySequence<byte>(payload.AsMemory(0, cut));
                Assert.Equal(DecodeStatus.NeedMore, Codec.TryDecode(ref part, out BuildbotMessage? nothing));
                Assert.Null(nothing);
                Assert.Equal(cut, part.Length);

                ReadOnlySequence<byte> whole = Segments.Of(payload.AsMemory(0, cut), payload.AsMemory(cut));
                Assert.Equal(DecodeStatus.Success, Codec.TryDecode(ref whole, out BuildbotMessage? message));
                Assert.True(whole.IsEmpty);
                Assert.True(payload.AsSpan().SequenceEqual(Encoded(message!)));
            }
        }
    }

    [Fact]
    public void Payloads_one_after_the_other_are_cut_where_they_end()
    {
        byte[][] payloads = [.. Captures.Payloads.Take(200)];
        var input = new ReadOnlySequence<byte>([.. payloads.SelectMany(payload => payload)]);

        foreach (byte[] payload in payloads)
        {
            Assert.Equal(DecodeStatus.Success, Codec.TryDecode(ref input, out BuildbotMessage? message));
            Assert.Equal(payload, Encoded(message!));
        }

        Assert.True(input.IsEmpty);
    }

    [Fact]
    public void A_master_keeps_the_text_and_the_first_time_and_leaves_the_tables()
    {
        var codec = new MsgPackCodec(MsgPackCodecOptions.ForMaster);
        int texts = 0;
        foreach (byte[] payload in Captures.Streams.Where(stream => stream.FromWorker).SelectMany(stream => stream.Payloads()))
        {
            codec.Decode(payload, out BuildbotMessage? forMaster);
            Codec.Decode(payload, out BuildbotMessage? whole);
            if (forMaster is not BuildbotMessage.Update short_ || whole is not BuildbotMessage.Update full) continue;

            foreach ((UpdateEntry left, UpdateEntry right) in short_.Entries.Zip(full.Entries))
            {
                if (left is not UpdateEntry.Text mine || right is not UpdateEntry.Text theirs) continue;
                texts++;
                Assert.True(mine.Utf8.Span.SequenceEqual(theirs.Utf8.Span));
                Assert.True(mine.NewlineIndexes.IsEmpty);
                Assert.Equal(theirs.Times.ToArray().Take(1), mine.Times.ToArray());
            }
        }

        Assert.True(texts > 100, $"only {texts} texts");
    }

    private static byte[] Encoded(BuildbotMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        Codec.Encode(message, output);
        return output.WrittenSpan.ToArray();
    }
}
