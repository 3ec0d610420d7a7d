using System.Buffers;

namespace Quern.Protocols.Buildbot;

/// <summary>
/// The payload of one WebSocket message as a <see cref="BuildbotMessage"/> and back. Decoding keeps texts of updates and
/// binary blocks as slices of the input. Encoding writes the keys in the order of real peers, so that what real peers wrote
/// comes out byte for byte. Safe for many threads at once.
/// </summary>
public sealed partial class MsgPackCodec(MsgPackCodecOptions options) : IFrameCodec<BuildbotMessage>
{
    /// <summary>Cuts one message off the front; what follows it is left in <paramref name="input"/>.</summary>
    /// <param name="input">Received bytes.</param>
    /// <param name="message">The message on success, else null.</param>
    public DecodeStatus TryDecode(ref ReadOnlySequence<byte> input, out BuildbotMessage? message)
    {
        int limit = options.Limits.MaxBytes;
        bool beyond = input.Length > limit;
        ReadOnlySequence<byte> window = beyond ? input.Slice(0, limit) : input;
        ReadOnlyMemory<byte> bytes = window.IsSingleSegment ? window.First : window.ToArray();

        DecodeStatus status = Decode(bytes, out message, out int consumed);
        if (status is DecodeStatus.Success) input = input.Slice(consumed);
        return status is DecodeStatus.NeedMore && beyond ? DecodeStatus.TooLarge : status;
    }

    /// <summary>Decodes a payload that must hold one message and nothing else; never <see cref="DecodeStatus.NeedMore"/>.</summary>
    /// <param name="payload">The whole payload of a WebSocket message.</param>
    /// <param name="message">The message on success, else null.</param>
    public DecodeStatus Decode(ReadOnlyMemory<byte> payload, out BuildbotMessage? message)
    {
        DecodeStatus status = Decode(payload, out message, out int consumed);
        if (status is DecodeStatus.NeedMore) return DecodeStatus.Malformed;
        if (status is not DecodeStatus.Success || consumed == payload.Length) return status;
        message = null;
        return DecodeStatus.Malformed;
    }

    private DecodeStatus Decode(ReadOnlyMemory<byte> input, out BuildbotMessage? message, out int consumed)
    {
        var fields = new MsgPackFields(input, options);
        consumed = 0;
        message = null;
        if (!fields.Scan()) return fields.Status;

        BuildbotMessage decoded = Compose(ref fields, input);
        if (fields.Status is not DecodeStatus.Success) return fields.Status;
        message = decoded;
        consumed = fields.End;
        return DecodeStatus.Success;
    }

    private BuildbotMessage Compose(ref MsgPackFields fields, ReadOnlyMemory<byte> input)
    {
        if (!fields.Has(WireKey.Op) || !fields.Has(WireKey.SequenceNumber))
            return new BuildbotMessage.Ignored($"message of {input.Length} bytes without \"op\" or \"seq_number\"");

        long number = fields.SequenceNumber();
        BuildbotMessage? message = fields.Operation switch
        {
            WireOperation.Response => ReadResponse(ref fields, number),
            < WireOperation.Update => ReadFromMaster(ref fields, number),
            WireOperation.Auth => ReadAuth(ref fields, number),
            _ => ReadFromWorker(ref fields, number),
        };
        if (message is not null && fields.Problem is null) return message;
        string operation = fields.Text(WireKey.Op);
        return new BuildbotMessage.Unanswerable(
            number, operation, fields.Problem ?? $"Command {operation} does not exist.");
    }

    /// <summary>A response without a result breaks the connection, as at real peers: nobody could be told.</summary>
    private static BuildbotMessage.Response ReadResponse(ref MsgPackFields fields, long number)
    {
        if (!fields.Has(WireKey.Result)) fields.Reject();
        return new BuildbotMessage.Response(number, fields.Value(WireKey.Result), fields.Has(WireKey.IsException));
    }

    private static BuildbotMessage.Auth? ReadAuth(ref MsgPackFields fields, long number) =>
        fields.Require(WireKey.UserName, WireKey.Password)
            ? new BuildbotMessage.Auth(number, fields.TextOrBytes(WireKey.UserName), fields.TextOrBytes(WireKey.Password)) : null;

    private BuildbotMessage? ReadFromMaster(ref MsgPackFields fields, long number)
    {
        switch (fields.Operation)
        {
            case WireOperation.Print:
                return fields.Require(WireKey.Message)
                    ? new BuildbotMessage.Print(number, fields.Text(WireKey.Message)) : null;
            case WireOperation.Keepalive:
                return new BuildbotMessage.Keepalive(number);
            case WireOperation.GetWorkerInfo:
                return new BuildbotMessage.GetWorkerInfo(number);
            case WireOperation.SetWorkerSettings:
                return fields.Require(WireKey.Args) && ReadSettings(ref fields) is { } settings
                    ? new BuildbotMessage.SetWorkerSettings(number, settings) : null;
            case WireOperation.SetBuilderList:
                return fields.Require(WireKey.Builders)
                    ? new BuildbotMessage.SetBuilderList(number, fields.Builders()) : null;
            case WireOperation.StartCommand:
                return RequireBuilder(ref fields) && fields.Require(WireKey.CommandId, WireKey.CommandName, WireKey.Args)
                    ? new BuildbotMessage.StartCommand(
                        number,
                        fields.Text(WireKey.CommandId),
                        fields.Text(WireKey.CommandName),
                        fields.Map(WireKey.Args),
                        fields.TextOrNull(WireKey.BuilderName)) : null;
            case WireOperation.InterruptCommand:
                return RequireBuilder(ref fields) && fields.Require(WireKey.CommandId, WireKey.Why)
                    ? new BuildbotMessage.InterruptCommand(
                        number,
                        fields.Text(WireKey.CommandId),
                        fields.Text(WireKey.Why),
                        fields.TextOrNull(WireKey.BuilderName)) : null;
            case WireOperation.Shutdown:
                return new BuildbotMessage.Shutdown(number);
            default:
                return null;
        }
    }

    /// <summary>Revision v1 cannot do without the builder: the command's paths are below it.</summary>
    private bool RequireBuilder(ref MsgPackFields fields) =>
        options.Revision is BuildbotRevision.V7 || fields.Require(WireKey.BuilderName);

    private static BuildbotMessage? ReadFromWorker(ref MsgPackFields fields, long number)
    {
        bool whole = fields.Operation switch
        {
            WireOperation.UploadFileUtime => fields.Require(WireKey.CommandId, WireKey.AccessTime, WireKey.ModifiedTime),
            WireOperation.ReadFile => fields.Require(WireKey.CommandId, WireKey.Length),
            WireOperation.UploadFileClose or WireOperation.UploadDirectoryUnpack or WireOperation.ReadFileClose =>
                fields.Require(WireKey.CommandId),
            _ => fields.Require(WireKey.CommandId, WireKey.Args),
        };
        if (!whole) return null;

        string id = fields.Text(WireKey.CommandId);
        return fields.Operation switch
        {
            WireOperation.Update => new BuildbotMessage.Update(number, id, fields.Entries()),
            WireOperation.Complete => new BuildbotMessage.Complete(number, id, fields.TextOrNull(WireKey.Args)),
            WireOperation.UploadFileWrite => new BuildbotMessage.UploadFileWrite(number, id, fields.Binary(WireKey.Args)),
            WireOperation.UploadFileClose => new BuildbotMessage.UploadFileClose(number, id),
            WireOperation.UploadFileUtime => new BuildbotMessage.UploadFileUtime(
                number, id, fields.Number(WireKey.AccessTime), fields.Number(WireKey.ModifiedTime)),
            WireOperation.UploadDirectoryWrite =>
                new BuildbotMessage.UploadDirectoryWrite(number, id, fields.Binary(WireKey.Args)),
            WireOperation.UploadDirectoryUnpack => new BuildbotMessage.UploadDirectoryUnpack(number, id),
            WireOperation.ReadFile => new BuildbotMessage.ReadFile(number, id, fields.Integer(WireKey.Length)),
            WireOperation.ReadFileClose => new BuildbotMessage.ReadFileClose(number, id),
            _ => null,
        };
    }

    private static WorkerSettings? ReadSettings(ref MsgPackFields fields)
    {
        WireValue.Map map = fields.Map(WireKey.Args);
        if (fields.Problem is not null) return null;
        WireValue? size = map["buffer_size"], timeout = map["buffer_timeout"];
        WireValue? newline = map["newline_re"], length = map["max_line_length"];
        if (size is null || timeout is null || newline is null || length is null)
        {
            fields.Complain("'message did not contain obligatory settings for worker'");
            return null;
        }

        double? seconds = timeout switch
        {
            WireValue.Integer whole => whole.Value,
            WireValue.Float part => part.Value,
            _ => null,
        };
        if (size is not WireValue.Integer { Value: > 0 and <= int.MaxValue } bufferSize
            || seconds is not (>= 0 and <= 86400)
            || newline is not WireValue.Text regex
            || length is not WireValue.Integer { Value: > 1 and <= int.MaxValue } lineLength)
        {
            fields.Complain("message had a wrong value among the settings for worker");
            return null;
        }

        return new WorkerSettings(
            (int)bufferSize.Value, TimeSpan.FromSeconds(seconds.Value), regex.Value, (int)lineLength.Value);
    }
}
