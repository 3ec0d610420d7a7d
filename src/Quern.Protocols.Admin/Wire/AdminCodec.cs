using System.Buffers;
using Google.Protobuf;
using Quern.Admin.V1;

namespace Quern.Protocols.Admin;

/// <summary>Frames of the administration protocol, both ends. Has no state: how long a frame may be is the caller's to say.</summary>
/// <param name="maxFrame">Bytes after the length; <see cref="AdminLimits"/> has one for each state of a connection.</param>
/// <param name="opening">The first frame of a connection is an <c>RQ_Session</c> whatever number it bears.</param>
public sealed class AdminCodec(int maxFrame = AdminLimits.MaxFrame, bool opening = false) : IFrameCodec<AdminMessage>
{
    private static readonly MessageParser<MSG> s_envelope = MSG.Parser.WithDiscardUnknownFields(true);
    private static readonly MessageParser<ResultTail> s_tail = ResultTail.Parser.WithDiscardUnknownFields(true);
    private static readonly AdminType s_session = AdminTypes.Find(nameof(RQ_Session))!;

    /// <inheritdoc/>
    public DecodeStatus TryDecode(ref ReadOnlySequence<byte> input, out AdminMessage? message)
    {
        message = null;
        var rest = input;
        var status = AdminFraming.TryRead(ref rest, maxFrame, out var body);
        if (status != DecodeStatus.Success) return status;
        MSG envelope;
        try
        {
            envelope = s_envelope.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException)
        {
            return DecodeStatus.Malformed;
        }
        message = Read(envelope);
        input = rest;
        return DecodeStatus.Success;
    }

    /// <inheritdoc/>
    public void Encode(AdminMessage message, IBufferWriter<byte> output)
    {
        var envelope = new MSG { To = message.To, From = message.From, Id = message.Id, PayloadType = message.Number, Payload = Payload(message) };
        AdminFraming.WriteLength(output, envelope.CalculateSize());
        envelope.WriteTo(output);
    }

    private AdminMessage Read(MSG envelope)
    {
        AdminTypes.TryFind(envelope.PayloadType, out var type, out var set);
        if (opening) type = s_session;
        var payload = envelope.Payload;
        return new AdminMessage(envelope.To, envelope.From, envelope.Id, envelope.PayloadType, type, set, type switch
        {
            null => new AdminBody.Unreadable(),
            { IsResult: true } => Result(payload),
            _ => Message(type, payload),
        });
    }

    // The senders of 2022 left the byte of a result away, by mistake; the one that they meant was the first.
    private static AdminBody.Result Result(ByteString payload)
    {
        if (payload.Length <= 1) return new AdminBody.Result(payload.IsEmpty ? 0 : payload[0]);
        try
        {
            var bytes = new ReadOnlySequence<byte>(payload.Memory[1..]);
            var tail = PayloadBounds.Hold(ResultTail.Descriptor, bytes) ? s_tail.ParseFrom(bytes) : null;
            return new AdminBody.Result(payload[0], tail?.CalculateSize() > 0 ? tail : null);
        }
        catch (InvalidProtocolBufferException)
        {
            return new AdminBody.Result(payload[0]);
        }
    }

    private static AdminBody Message(AdminType type, ByteString payload)
    {
        var bytes = new ReadOnlySequence<byte>(payload.Memory);
        try
        {
            return PayloadBounds.Hold(type.Message!, bytes) ? new AdminBody.Message(type.Parser!.ParseFrom(bytes)) : new AdminBody.Unreadable();
        }
        catch (InvalidProtocolBufferException)
        {
            return new AdminBody.Unreadable();
        }
    }

    private static ByteString Payload(AdminMessage message) => message.Body switch
    {
        AdminBody.Message body => body.Value.ToByteString(),
        // Peers of that time expect a message without fields.
        AdminBody.Result when message.Set == NameSet.Outcomes => ByteString.Empty,
        AdminBody.Result result => UnsafeByteOperations.UnsafeWrap((byte[])[checked((byte)result.Code), .. result.Tail?.ToByteArray() ?? []]),
        _ => throw new ArgumentException("What could not be read cannot be written.", nameof(message)),
    };
}
