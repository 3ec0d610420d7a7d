using System.Buffers;

namespace Quern.Protocols.Buildbot;

public sealed partial class MsgPackCodec
{
    /// <inheritdoc />
    /// <exception cref="ArgumentException">The message is one that only decoding makes, or of another revision.</exception>
    public void Encode(BuildbotMessage message, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(message);
        var writer = new MsgPackWriter(output);
        switch (message)
        {
            case BuildbotMessage.Response response:
                WriteResponse(writer, response);
                return;
            case BuildbotMessage.Update update:
                Begin(writer, WireOperation.Update, 4);
                Key(writer, WireKey.Args);
                if (options.Revision is BuildbotRevision.V1) MsgPackUpdatesV1.Write(writer, update.Entries);
                else MsgPackUpdates.Write(writer, update.Entries);
                Text(writer, WireKey.CommandId, update.CommandId);
                break;
            case BuildbotMessage.Complete complete:
                Begin(writer, WireOperation.Complete, 4);
                Key(writer, WireKey.Args);
                if (complete.Failure is null) writer.WriteNil();
                else writer.WriteString(complete.Failure);
                Text(writer, WireKey.CommandId, complete.CommandId);
                break;
            case BuildbotMessage.UploadFileWrite write:
                WriteBlock(writer, WireOperation.UploadFileWrite, write.Block, write.CommandId);
                break;
            case BuildbotMessage.UploadDirectoryWrite write:
                WriteBlock(writer, WireOperation.UploadDirectoryWrite, write.Block, write.CommandId);
                break;
            case BuildbotMessage.UploadFileClose close:
                WriteNotice(writer, WireOperation.UploadFileClose, close.CommandId);
                break;
            case BuildbotMessage.UploadDirectoryUnpack unpack:
                WriteNotice(writer, WireOperation.UploadDirectoryUnpack, unpack.CommandId);
                break;
            case BuildbotMessage.ReadFileClose close:
                WriteNotice(writer, WireOperation.ReadFileClose, close.CommandId);
                break;
            case BuildbotMessage.UploadFileUtime utime:
                Begin(writer, WireOperation.UploadFileUtime, 5);
                Key(writer, WireKey.AccessTime);
                writer.WriteDouble(utime.AccessTime);
                Key(writer, WireKey.ModifiedTime);
                writer.WriteDouble(utime.ModifiedTime);
                Text(writer, WireKey.CommandId, utime.CommandId);
                break;
            case BuildbotMessage.ReadFile read:
                Begin(writer, WireOperation.ReadFile, 4);
                Key(writer, WireKey.Length);
                writer.WriteInt64(read.Length);
                Text(writer, WireKey.CommandId, read.CommandId);
                break;
            case BuildbotMessage.Auth auth when options.Revision is BuildbotRevision.V1:
                Begin(writer, WireOperation.Auth, 4);
                Text(writer, WireKey.UserName, auth.UserName);
                Text(writer, WireKey.Password, auth.Password);
                break;
            default:
                WriteFromMaster(writer, message);
                break;
        }

        Key(writer, WireKey.SequenceNumber);
        writer.WriteInt64(message.SequenceNumber);
    }

    private void WriteFromMaster(MsgPackWriter writer, BuildbotMessage message)
    {
        switch (message)
        {
            case BuildbotMessage.Print print:
                Begin(writer, WireOperation.Print, 3);
                Text(writer, WireKey.Message, print.Message);
                break;
            case BuildbotMessage.Keepalive:
                Begin(writer, WireOperation.Keepalive, 2);
                break;
            case BuildbotMessage.GetWorkerInfo:
                Begin(writer, WireOperation.GetWorkerInfo, 2);
                break;
            case BuildbotMessage.Shutdown:
                Begin(writer, WireOperation.Shutdown, 2);
                break;
            case BuildbotMessage.SetBuilderList list when options.Revision is BuildbotRevision.V1:
                Begin(writer, WireOperation.SetBuilderList, 3);
                Key(writer, WireKey.Builders);
                MsgPackBuilders.Write(writer, list.Builders);
                break;
            case BuildbotMessage.SetWorkerSettings settings when options.Revision is BuildbotRevision.V7:
                Begin(writer, WireOperation.SetWorkerSettings, 3);
                WriteSettings(writer, settings.Settings);
                break;
            case BuildbotMessage.StartCommand start:
                Begin(writer, WireOperation.StartCommand, start.BuilderName is null ? 5 : 6);
                if (start.BuilderName is not null) Text(writer, WireKey.BuilderName, start.BuilderName);
                Text(writer, WireKey.CommandId, start.CommandId);
                Text(writer, WireKey.CommandName, start.CommandName);
                Key(writer, WireKey.Args);
                writer.WriteValue(start.Arguments);
                break;
            case BuildbotMessage.InterruptCommand interrupt:
                Begin(writer, WireOperation.InterruptCommand, interrupt.BuilderName is null ? 4 : 5);
                if (interrupt.BuilderName is not null) Text(writer, WireKey.BuilderName, interrupt.BuilderName);
                Text(writer, WireKey.CommandId, interrupt.CommandId);
                Text(writer, WireKey.Why, interrupt.Why);
                break;
            default:
                throw new ArgumentException($"A message of kind {message.GetType().Name} is never sent in revision {options.Revision}.", nameof(message));
        }
    }

    private static void WriteResponse(MsgPackWriter writer, BuildbotMessage.Response response)
    {
        Begin(writer, WireOperation.Response, response.IsException ? 4 : 3);
        Key(writer, WireKey.SequenceNumber);
        writer.WriteInt64(response.SequenceNumber);
        Key(writer, WireKey.Result);
        writer.WriteValue(response.Result);
        if (!response.IsException) return;
        Key(writer, WireKey.IsException);
        writer.WriteBoolean(true);
    }

    private static void WriteSettings(MsgPackWriter writer, WorkerSettings settings)
    {
        Key(writer, WireKey.Args);
        writer.WriteMapHeader(4);
        writer.WriteUtf8("newline_re"u8);
        writer.WriteString(settings.NewlineRegex);
        writer.WriteUtf8("max_line_length"u8);
        writer.WriteInt64(settings.MaxLineLength);
        writer.WriteUtf8("buffer_timeout"u8);
        double seconds = settings.BufferTimeout.TotalSeconds;
        if (seconds == Math.Truncate(seconds)) writer.WriteInt64((long)seconds);
        else writer.WriteDouble(seconds);
        writer.WriteUtf8("buffer_size"u8);
        writer.WriteInt64(settings.BufferSize);
    }

    private static void WriteBlock(MsgPackWriter writer, WireOperation operation, ReadOnlyMemory<byte> block, string id)
    {
        Begin(writer, operation, 4);
        Key(writer, WireKey.Args);
        writer.WriteBinary(block.Span);
        Text(writer, WireKey.CommandId, id);
    }

    private static void WriteNotice(MsgPackWriter writer, WireOperation operation, string id)
    {
        Begin(writer, operation, 3);
        Text(writer, WireKey.CommandId, id);
    }

    private static void Begin(MsgPackWriter writer, WireOperation operation, int keys)
    {
        writer.WriteMapHeader(keys);
        Key(writer, WireKey.Op);
        writer.WriteUtf8(WireOperations.NameOf(operation));
    }

    private static void Key(MsgPackWriter writer, WireKey key) => writer.WriteUtf8(WireKeys.NameOf(key));

    private static void Text(MsgPackWriter writer, WireKey key, string value)
    {
        Key(writer, key);
        writer.WriteString(value);
    }
}
