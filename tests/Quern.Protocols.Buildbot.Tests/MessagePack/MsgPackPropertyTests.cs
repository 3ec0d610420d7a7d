using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class MsgPackPropertyTests
{
    private static readonly MsgPackCodec Codec = new(new MsgPackCodecOptions());

    [Fact]
    public void A_value_reads_back_as_it_was_written() => Prop.ForAll(WireGenerators.Values, value =>
    {
        var output = new ArrayBufferWriter<byte>();
        new MsgPackWriter(output).WriteValue(value);
        var reader = new MsgPackReader(output.WrittenMemory, MsgPackLimits.Default);

        WireValue read = reader.ReadValue(depth: 1);

        return reader.Status is DecodeStatus.Success && reader.Remaining == 0 && read == value;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_value_is_skipped_to_where_reading_it_ends() => Prop.ForAll(WireGenerators.Values, value =>
    {
        var output = new ArrayBufferWriter<byte>();
        new MsgPackWriter(output).WriteValue(value);
        var reader = new MsgPackReader(output.WrittenMemory, MsgPackLimits.Default);

        reader.Skip(depth: 1);

        return reader.Status is DecodeStatus.Success && reader.Remaining == 0;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_message_decodes_to_what_encodes_alike() => Prop.ForAll(WireGenerators.Messages, message =>
    {
        byte[] bytes = Encoded(message);

        return Codec.Decode(bytes, out BuildbotMessage? read) is DecodeStatus.Success
            && read!.GetType() == message.GetType()
            && read.SequenceNumber == message.SequenceNumber
            && bytes.AsSpan().SequenceEqual(Encoded(read));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Arbitrary_bytes_never_throw() => Prop.ForAll<byte[]>(bytes =>
    {
        var input = new ReadOnlySequence<byte>(bytes);
        bool whole = Codec.Decode(bytes, out _) is not DecodeStatus.NeedMore;
        return whole && Enum.IsDefined(Codec.TryDecode(ref input, out _));
    }).QuickCheckThrowOnFailure();

    private static byte[] Encoded(BuildbotMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        Codec.Encode(message, output);
        return output.WrittenSpan.ToArray();
    }
}
