using System.Collections.Immutable;
using System.Threading.Channels;
using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>
/// One running command: the queue of what the worker says about it, and the one task that takes it to the observer in order
/// and answers. A slow observer fills its own queue first; only a full one holds up the connection.
/// </summary>
internal sealed class CommandRun(
    MessagePackConnection connection, RemoteCommand command, ICommandObserver observer, TimeProvider time, int maxWaitingBytes)
{
    public const string UnknownCommand = "'unknown \"command_id\"'";
    private const int MaxReason = 8192;
    private const int MaxBlock = 16 * 1024 * 1024;

    // Bounded by bytes in EnqueueAsync.
    private readonly Channel<(BuildbotMessage Message, PooledBuffer Buffer)> _queue =
        Channel.CreateUnbounded<(BuildbotMessage, PooledBuffer)>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Lock _gate = new();
    private TaskCompletionSource? _room;
    private long _waitingBytes;

    private string? _refusal;
    private string? _observerFailure;
    private int? _returnCode;
    private ImmutableArray<string> _files = [];
    private long _received;
    private bool _writeClosed;

    /// <summary>Completes when the observer has thrown: the command should be interrupted.</summary>
    public TaskCompletionSource ObserverFailed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Puts a message behind those before it; false when the command has ended. Waits while too much waits already.</summary>
    public async ValueTask<bool> EnqueueAsync(BuildbotMessage message, PooledBuffer buffer)
    {
        Task? wait = null;
        lock (_gate)
        {
            _waitingBytes += buffer.Length;
            if (_waitingBytes > maxWaitingBytes)
            {
                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = _room.Task;
            }
        }

        if (!_queue.Writer.TryWrite((message, buffer))) return false;
        if (wait is not null) await wait;
        return true;
    }

    /// <summary>The worker did not take the command; nothing more will come.</summary>
    public void Refuse(string reason)
    {
        _refusal = reason;
        End();
    }

    /// <summary>What waits is still taken to the observer; nothing more will come.</summary>
    public void End() => _queue.Writer.TryComplete();

    /// <summary>Takes everything to the observer until the command is complete or the connection gone.</summary>
    public async Task<CommandResult> PumpAsync()
    {
        CommandResult? result = null;
        await foreach ((BuildbotMessage message, PooledBuffer buffer) in _queue.Reader.ReadAllAsync())
        {
            using (buffer)
            {
                int length = buffer.Length;
                if (result is not null)
                {
                    await connection.RefuseAsync(message.SequenceNumber, UnknownCommand);
                }
                else if (message is BuildbotMessage.Complete complete)
                {
                    result = await CompleteAsync(complete);
                    await connection.RespondAsync(complete.SequenceNumber, WireValue.Nil.Value);
                    End();
                }
                else
                {
                    await ServeAsync(message);
                }

                MakeRoom(length);
            }
        }

        if (result is not null) return result;
        return _refusal is not null
            ? new CommandResult.Refused(Cut(_refusal))
            : new CommandResult.Lost(await connection.Closed);
    }

    private void MakeRoom(int length)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            _waitingBytes -= length;
            if (_waitingBytes <= maxWaitingBytes / 2) (room, _room) = (_room, null);
        }

        room?.TrySetResult();
    }

    private async ValueTask ServeAsync(BuildbotMessage message)
    {
        WireValue answer;
        try
        {
            // After its first failure the observer is left in peace; the worker hears of it with every request.
            if (_observerFailure is not null) throw new InvalidOperationException(_observerFailure);
            answer = await AnswerAsync(message);
        }
        catch (Exception error)
        {
            _observerFailure ??= error.Message;
            ObserverFailed.TrySetResult();
            await connection.RefuseAsync(message.SequenceNumber, Cut(_observerFailure));
            return;
        }

        await connection.RespondAsync(message.SequenceNumber, answer);
    }

    private async ValueTask<WireValue> AnswerAsync(BuildbotMessage message)
    {
        switch (message)
        {
            case BuildbotMessage.Update update:
                foreach (UpdateEntry entry in update.Entries) await TakeAsync(entry);
                break;
            case BuildbotMessage.UploadFileWrite write when command is RemoteCommand.UploadFile upload:
                await WriteAsync(write.Block, upload.MaxBytes);
                break;
            case BuildbotMessage.UploadDirectoryWrite write when command is RemoteCommand.UploadDirectory upload:
                await WriteAsync(write.Block, upload.MaxBytes);
                break;
            case BuildbotMessage.UploadFileClose when command is RemoteCommand.UploadFile:
            case BuildbotMessage.UploadDirectoryUnpack when command is RemoteCommand.UploadDirectory:
                // Workers close failed uploads too; whether this one is whole is known with its return code.
                _writeClosed = true;
                break;
            case BuildbotMessage.UploadFileUtime when command is RemoteCommand.UploadFile:
                break;
            case BuildbotMessage.ReadFile read when command is RemoteCommand.DownloadFile:
                if (read.Length is <= 0 or > int.MaxValue)
                    throw new InvalidOperationException($"a block of {read.Length} bytes cannot be read");
                return new WireValue.Binary(await observer.ReadAsync((int)Math.Min(read.Length, MaxBlock)));
            case BuildbotMessage.ReadFileClose when command is RemoteCommand.DownloadFile:
                await observer.CloseReadAsync();
                break;
            default:
                throw new InvalidOperationException("the command has no such transfer");
        }

        return WireValue.Nil.Value;
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> block, long? limit)
    {
        _received += block.Length;
        if (_received > limit) throw new InvalidOperationException($"the upload is larger than {limit} bytes");
        await observer.WriteAsync(block);
    }

    private async ValueTask TakeAsync(UpdateEntry entry)
    {
        switch (entry)
        {
            case UpdateEntry.Text { Utf8.IsEmpty: false } text:
                OutputStream stream = text.Stream switch
                {
                    BuildbotNames.Stderr => OutputStream.Stderr,
                    BuildbotNames.Header => OutputStream.Header,
                    _ => OutputStream.Stdout,
                };
                await observer.OutputAsync(stream, text.Log, WholeLines(text.Utf8), TimeOf(text));
                break;
            case UpdateEntry.ReturnCode code:
                _returnCode = code.Value;
                break;
            case UpdateEntry.Files files:
                _files = files.Names;
                break;
        }
    }

    private async ValueTask<CommandResult> CompleteAsync(BuildbotMessage.Complete complete)
    {
        if (_observerFailure is not null)
            return new CommandResult.Refused(Cut($"the master could not take what the command sent: {_observerFailure}"));
        if (!string.IsNullOrEmpty(complete.Failure)) return new CommandResult.Refused(Cut(complete.Failure));
        bool transfer = command is RemoteCommand.UploadFile or RemoteCommand.UploadDirectory or RemoteCommand.DownloadFile;
        if (_returnCode is null && !transfer)
            return new CommandResult.Refused("the worker ended the command without saying how");

        int code = _returnCode ?? 0;
        if (!_writeClosed || code != 0) return new CommandResult.Ended(code) { Files = _files };
        try
        {
            await observer.CloseWriteAsync();
        }
        catch (Exception error)
        {
            return new CommandResult.Refused(Cut($"the master could not take what the command sent: {error.Message}"));
        }

        return new CommandResult.Ended(code);
    }

    private DateTimeOffset TimeOf(UpdateEntry.Text text)
    {
        double seconds = text.Times.IsEmpty ? 0 : text.Times.Span[0];
        return seconds is > 0 and < 253_402_300_799
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
            : time.GetUtcNow();
    }

    /// <summary>Workers send whole lines; from one that does not, the rest becomes a line.</summary>
    private static ReadOnlyMemory<byte> WholeLines(ReadOnlyMemory<byte> text) =>
        text.Span[^1] == (byte)'\n' ? text : (byte[])[.. text.Span, (byte)'\n'];

    private static string Cut(string text) => text.Length <= MaxReason ? text : text[..MaxReason];
}
