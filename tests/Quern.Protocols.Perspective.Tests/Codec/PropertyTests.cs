using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Quern.Protocols.Perspective.Codec;

public sealed class PropertyTests
{
    [Fact]
    public void A_value_reads_back_as_it_was_written() => Prop.ForAll(Generators.Values, value =>
        Wire.Decode(Wire.Encode(value)).Value == value && Wire.Decode(Wire.Encode(value, vocabulary: false)).Value == value)
        .QuickCheckThrowOnFailure();

    [Fact]
    public void A_value_with_payloads_of_its_own_is_the_same() => Prop.ForAll(Generators.Values, value => value.Detach() == value)
        .QuickCheckThrowOnFailure();

    [Fact]
    public void A_message_decodes_to_what_encodes_alike() => Prop.ForAll(Generators.Messages, message =>
    {
        byte[] bytes = Wire.Encode(message);
        var again = Wire.Message(bytes);
        return again.GetType() == message.GetType() && bytes.AsSpan().SequenceEqual(Wire.Encode(again));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_call_keeps_its_parts() => Prop.ForAll(Generators.Messages, message =>
        message is not PerspectiveMessage.Call call
        || (Wire.Message(Wire.Encode(call)) is PerspectiveMessage.Call again
            && (again.RequestId, again.Target, again.Method, again.WantsAnswer) == (call.RequestId, call.Target, call.Method, call.WantsAnswer)
            && again.Arguments.SequenceEqual(call.Arguments)
            && again.Keywords.SequenceEqual(call.Keywords))).QuickCheckThrowOnFailure();

    [Fact]
    public void Arbitrary_bytes_never_throw() => Prop.ForAll<byte[]>(bytes =>
    {
        // As they are, and as elements that the framer lets pass.
        Wire.Receive(bytes, Wire.Ample);
        Wire.Receive((byte[])[0x02, 0x80, .. bytes], Wire.Ample);
        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Pieces_of_any_size_give_the_element_that_the_whole_gives() => Prop.ForAll(
        Generators.Messages, ArbMap.Default.ArbFor<PositiveInt>(), (message, size) =>
    {
        byte[] bytes = Wire.Encode(message);
        var framer = new BananaFramer();
        int at = 0;
        while (at < bytes.Length)
        {
            var status = framer.Scan(bytes.AsSpan(at, Math.Min(size.Get, bytes.Length - at)), vocabulary: true, out int consumed);
            at += consumed;
            if (status == DecodeStatus.Success) break;
            if (status != DecodeStatus.NeedMore) return false;
        }
        return at == bytes.Length && framer.Scanned == 0;
    }).QuickCheckThrowOnFailure();
}
