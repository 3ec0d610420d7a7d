using System.Buffers;
using Google.Protobuf;
using Quern.Admin.V1;
using Xunit;

namespace Quern.Protocols.Admin.Tests;

public sealed class AdminCodecTests
{
    private static readonly AdminCodec Codec = new();

    public static TheoryData<int> Frames => [.. Enumerable.Range(0, GoldenFrames.All.Count)];

    [Fact]
    public void Every_frame_has_its_meaning() => Assert.Equal((56, 56, 5), (GoldenFrames.All.Count, GoldenFrames.Meanings.Count, GoldenFrames.OlderPeers.Count));

    [Theory]
    [MemberData(nameof(Frames))]
    public void A_frame_is_read_as_meant(int index)
    {
        var (name, _, frame) = GoldenFrames.All[index];

        var message = Decode(frame);

        Assert.Equal(name, message.Type!.Name);
        Assert.Equal(GoldenFrames.Meanings[index], message);
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void What_is_meant_is_written_as_the_frame(int index) =>
        Assert.Equal(Convert.ToHexString(GoldenFrames.All[index].Frame), Convert.ToHexString(Encode(GoldenFrames.Meanings[index])));

    [Theory]
    [MemberData(nameof(Frames))]
    public void A_frame_that_is_cut_off_is_waited_for_and_left_as_it_is(int index)
    {
        byte[] frame = GoldenFrames.All[index].Frame;
        for (int length = 0; length < frame.Length; length++)
        {
            var input = new ReadOnlySequence<byte>(frame, 0, length);
            Assert.Equal(DecodeStatus.NeedMore, Codec.TryDecode(ref input, out var message));
            Assert.Null(message);
            Assert.Equal(length, input.Length);
        }
    }

    [Fact]
    public void Frames_may_come_in_any_pieces()
    {
        byte[] all = [.. GoldenFrames.All.SelectMany(f => f.Frame)];
        var input = Pieces.Of(all, 1);

        var messages = new List<AdminMessage>();
        while (Codec.TryDecode(ref input, out var message) == DecodeStatus.Success) messages.Add(message!);

        Assert.Equal(GoldenFrames.Meanings, messages);
        Assert.Equal(0, input.Length);
    }

    [Fact]
    public void The_first_frame_is_a_session_whatever_its_number()
    {
        var message = Decode(GoldenFrames.OlderPeers[0].Frame, new AdminCodec(AdminLimits.MaxSessionFrame, opening: true));

        Assert.Equal((0, 0, 0, 0), (message.To, message.From, message.Id, message.Number));
        var session = Assert.IsType<RQ_Session>(Assert.IsType<AdminBody.Message>(message.Body).Value);
        Assert.Equal((InstanceType.InstanceClient, InstanceFlavor.FlavorClientAndroid), (session.InstanceType, session.InstanceFlavor));
    }

    [Fact]
    public void A_login_of_the_peers_before_is_known_and_answered_with_an_outcome()
    {
        var message = Decode(GoldenFrames.OlderPeers[1].Frame);

        Assert.Equal(("RQ_Login", NameSet.Outcomes, 0, GoldenFrames.Client, 2002), (message.Type!.Name, message.Set, message.To, message.From, message.Id));
        Assert.Equal("admin", ((RQ_Login)((AdminBody.Message)message.Body).Value).Username);
        var answer = AdminMessage.Of(new Outcome { Result = true }, 2002, message.Set, to: GoldenFrames.Client);
        Assert.Equal(GoldenFrames.OlderPeers[2].Frame, Encode(answer));
        Assert.Equal(answer, Decode(GoldenFrames.OlderPeers[2].Frame));
    }

    [Fact]
    public void A_request_of_another_set_is_answered_in_that_set()
    {
        var message = Decode(GoldenFrames.OlderPeers[3].Frame);

        Assert.Equal(("RQ_ServerBanner", NameSet.Modules, 2003), (message.Type!.Name, message.Set, message.Id));
        Assert.Equal(1818161168, message.Type.Answer!.NumberFor(message.Set));
    }

    [Fact]
    public void A_result_without_its_byte_is_the_first()
    {
        var message = Decode(GoldenFrames.OlderPeers[4].Frame);

        Assert.Equal(("RS_Login", new AdminBody.Result(0)), (message.Type!.Name, message.Body));
    }

    [Fact]
    public void A_ping_of_the_peers_before_is_answered_with_an_empty_message() =>
        Assert.Equal(ByteString.Empty, MSG.Parser.ParseFrom(Encode(AdminMessage.Of(AdminTypes.Find("RS_Ping")!, 0, 5, NameSet.Outcomes))[1..]).Payload);

    [Theory]
    [InlineData("00", DecodeStatus.Malformed)]                     // no envelope is empty
    [InlineData("8080808080", DecodeStatus.Malformed)]             // a length of more than five bytes
    [InlineData("ffffffffff01", DecodeStatus.Malformed)]
    [InlineData("ffffffff0f", DecodeStatus.TooLarge)]              // 4 GiB
    [InlineData("ffffffff7f", DecodeStatus.TooLarge)]
    [InlineData("81808002", DecodeStatus.TooLarge)]                 // one more than the limit of 4 MiB
    [InlineData("80808002", DecodeStatus.NeedMore)]
    [InlineData("01ff", DecodeStatus.Malformed)]                   // no field
    [InlineData("0208", DecodeStatus.NeedMore)]
    [InlineData("020880", DecodeStatus.Malformed)]                 // a number without an end
    [InlineData("022a05", DecodeStatus.Malformed)]                 // a payload longer than its envelope
    public void What_is_no_frame_is_told_apart(string bytes, DecodeStatus expected)
    {
        var input = new ReadOnlySequence<byte>(Convert.FromHexString(bytes));
        long before = input.Length;

        Assert.Equal(expected, Codec.TryDecode(ref input, out var message));

        Assert.Null(message);
        Assert.Equal(before, input.Length);
    }

    [Fact]
    public void An_unknown_number_is_a_message_of_no_type()
    {
        var message = Decode([0x04, 0x18, 0x05, 0x20, 0x07]);

        Assert.Equal((5, 7, null, new AdminBody.Unreadable()), (message.Id, message.Number, message.Type, message.Body));
    }

    [Theory]
    [InlineData("0a")]                          // a text without a length
    [InlineData("0a05616263")]                  // shorter than its length
    [InlineData("0b0c")]                        // a group
    [InlineData("0aff0161")]
    public void A_payload_that_is_none_of_its_type_can_still_be_answered(string payload)
    {
        var message = Decode(Framed("RQ_Login", Convert.FromHexString(payload)));

        Assert.Equal(("RQ_Login", 9, new AdminBody.Unreadable()), (message.Type!.Name, message.Id, message.Body));
    }

    [Fact]
    public void A_payload_of_very_many_parts_is_not_made()
    {
        // An empty message in a list: two bytes here, an object there.
        byte[] crowd = [.. Enumerable.Repeat<byte[]>([0x0A, 0x00], AdminLimits.MaxElements + 1).SelectMany(b => b)];
        byte[] fits = crowd[..^2];

        Assert.IsType<AdminBody.Unreadable>(Decode(Framed("RS_ListUsers", crowd)).Body);
        Assert.IsType<AdminBody.Message>(Decode(Framed("RS_ListUsers", fits)).Body);
        Assert.IsType<AdminBody.Unreadable>(Decode(Framed("EV_STStreamData", [0x52, 0x80, 0x9D, 0x01, .. new byte[20_096]])).Body);   // packed numbers
        Assert.IsType<AdminBody.Message>(Decode(Framed("EV_STStreamData", [0x52, 0x03, 1, 2, 3])).Body);
    }

    [Fact]
    public void What_a_newer_schema_adds_is_passed_over()
    {
        var message = Decode(Framed("RQ_DeleteUser", [0x0A, 0x01, (byte)'a', 0xC0, 0x3E, 0x01, 0xCA, 0x3E, 0x02, 1, 2, 0xD1, 0x3E, 0, 0, 0, 0, 0, 0, 0, 0, 0xDD, 0x3E, 0, 0, 0, 0]));

        Assert.Equal(new RQ_DeleteUser { Username = "a" }, Assert.IsType<AdminBody.Message>(message.Body).Value);
    }

    [Fact]
    public void A_tail_that_cannot_be_read_leaves_the_result()
    {
        var message = Decode(Framed("RS_Login", [3, 0x0A, 0x7F]));

        Assert.Equal(new AdminBody.Result(3), message.Body);
    }

    internal static AdminMessage Decode(byte[] frame, AdminCodec? codec = null)
    {
        var input = new ReadOnlySequence<byte>(frame);
        Assert.Equal(DecodeStatus.Success, (codec ?? Codec).TryDecode(ref input, out var message));
        Assert.Equal(0, input.Length);
        return message!;
    }

    internal static byte[] Encode(AdminMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        Codec.Encode(message, output);
        return output.WrittenSpan.ToArray();
    }

    internal static byte[] Framed(string type, byte[] payload)
    {
        var output = new ArrayBufferWriter<byte>();
        var envelope = new MSG { Id = 9, PayloadType = AdminTypes.Find(type)!.NumberFor(NameSet.Protocol), Payload = ByteString.CopyFrom(payload) };
        AdminFraming.WriteLength(output, envelope.CalculateSize());
        envelope.WriteTo(output);
        return output.WrittenSpan.ToArray();
    }
}
