using System.Buffers;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

/// <summary>What a master and a worker of 3.5.0 said to each other.</summary>
public sealed class GoldenV1Tests
{
    private static readonly MsgPackCodec Codec = new(new MsgPackCodecOptions { Revision = BuildbotRevision.V1 });

    [Fact]
    public void Every_operation_but_the_updates_own_comes_in_the_captures()
    {
        HashSet<Type> seen = [.. Captures.V1Payloads.Select(payload => Decoded(payload).GetType())];

        Assert.Superset(
            new HashSet<Type>
            {
                typeof(BuildbotMessage.Auth), typeof(BuildbotMessage.SetBuilderList), typeof(BuildbotMessage.Print),
                typeof(BuildbotMessage.Keepalive), typeof(BuildbotMessage.GetWorkerInfo), typeof(BuildbotMessage.StartCommand),
                typeof(BuildbotMessage.InterruptCommand), typeof(BuildbotMessage.Shutdown), typeof(BuildbotMessage.Update),
                typeof(BuildbotMessage.UploadFileWrite), typeof(BuildbotMessage.UploadFileClose),
                typeof(BuildbotMessage.UploadFileUtime), typeof(BuildbotMessage.UploadDirectoryWrite),
                typeof(BuildbotMessage.UploadDirectoryUnpack), typeof(BuildbotMessage.ReadFile),
                typeof(BuildbotMessage.ReadFileClose), typeof(BuildbotMessage.Complete), typeof(BuildbotMessage.Response),
            },
            seen);
    }

    [Fact]
    public void Every_payload_decodes_and_encodes_to_the_same_bytes()
    {
        foreach (byte[] payload in Captures.V1Payloads)
        {
            BuildbotMessage message = Decoded(payload);

            // A worker of 3.5.0 writes its name as bytes, and two keys of an update into one dictionary.
            if (message is BuildbotMessage.Auth or BuildbotMessage.Update { Entries.Length: > 1 })
                Assert.Equal(Convert.ToHexString(Encoded(message)), Convert.ToHexString(Encoded(Decoded(Encoded(message)))));
            else
                Assert.Equal(Convert.ToHexString(payload), Convert.ToHexString(Encoded(message)));
        }
    }

    [Fact]
    public void Each_side_knows_every_operation_of_the_other()
    {
        Assert.Contains(Captures.V1Streams, stream => stream.FromWorker);
        foreach (CapturedStream stream in Captures.V1Streams)
        {
            BuildbotSide receiver = stream.FromWorker ? BuildbotSide.Master : BuildbotSide.Worker;
            var codec = new MsgPackCodec(new MsgPackCodecOptions { Side = receiver, Revision = BuildbotRevision.V1 });
            foreach (byte[] payload in stream.Payloads())
            {
                Assert.Equal(DecodeStatus.Success, codec.Decode(payload, out BuildbotMessage? message));
                Assert.IsNotType<BuildbotMessage.Unanswerable>(message);
            }
        }
    }

    [Fact]
    public void A_payload_cut_at_any_byte_asks_for_more_and_reads_the_same_when_it_is_whole()
    {
        foreach (byte[] payload in (byte[][])[.. Captures.V1Payloads, .. SeedMessages.Payloads])
        {
            for (int cut = 0; cut < payload.Length; cut++)
            {
                var part = new ReadOnlySequence<byte>(payload.AsMemory(0, cut));
                Assert.Equal(DecodeStatus.NeedMore, Codec.TryDecode(ref part, out BuildbotMessage? nothing));
                Assert.Null(nothing);

                ReadOnlySequence<byte> whole = Segments.Of(payload.AsMemory(0, cut), payload.AsMemory(cut));
                Assert.Equal(DecodeStatus.Success, Codec.TryDecode(ref whole, out BuildbotMessage? message));
                Assert.True(whole.IsEmpty);
                Assert.Equal(Encoded(Decoded(payload)), Encoded(message!));
            }
        }
    }

    [Fact]
    public void The_opening_request_of_a_worker_has_no_login_and_is_answered_alike()
    {
        CapturedStream request = Captures.V1Streams.First(stream => stream.FromWorker);
        CapturedStream answer = Captures.V1Streams.First(stream => !stream.FromWorker);

        ServerHandshake.TryRead(request.Bytes, "AutobahnPython/22.7.1", out int consumed, out ServerHandshakeResult? result);

        Assert.Equal(request.HeadLength, consumed);
        Assert.Equal(
            answer.Bytes[..answer.HeadLength], Assert.IsType<ServerHandshakeResult.WithoutLogin>(result).Response.ToArray());
    }

    private static BuildbotMessage Decoded(byte[] payload)
    {
        Assert.Equal(DecodeStatus.Success, Codec.Decode(payload, out BuildbotMessage? message));
        Assert.IsNotType<BuildbotMessage.Unanswerable>(message);
        Assert.IsNotType<BuildbotMessage.Ignored>(message);
        return message!;
    }

    private static byte[] Encoded(BuildbotMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        Codec.Encode(message, output);
        return output.WrittenSpan.ToArray();
    }
}
