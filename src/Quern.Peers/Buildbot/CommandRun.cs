using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using System.Threading.Channels;
using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>
/// One running command: the queue of what the worker says about it, and the one task that takes it to the observer in order
/// and answers. A slow observer fills its own queue first; only a full one holds up the connection.
/// </summary>
internal sealed class CommandRun(
    RemoteCommand command, ICommandObserver observer, Task<string> linkClosed, TimeProvider time, int maxWaitingBytes)
{
    public const string UnknownCommand = "'unknown \"command_id\"'";
    private const int MaxReason = 8192;

    /// <summary>Honest workers send a block or two before they hear that their transfer was refused.</summary>
    private const int MaxAfterFailure = 1000;

    private const int MaxBlock = 16 * 1024 * 1024;

    // Bounded by bytes in EnqueueAsync.
    private readonly Channel<IWorkerRequest> _queue =
        Channel.CreateUnbounded<IWorkerRequest>(new UnboundedChannelOptions { SingleReader = true });

    private readonly LineAssembler _lines = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource? _room;
    private long _waitingBytes;

    private string? _refusal;
    private string? _observerFailure;
    private int _afterFailure;
    private int? _returnCode;
    private CommandLimit? _limit;
    private ImmutableArray<string> _files = [];
    private long _received;
    private bool _writeClosed;

    // Completes when the observer has thrown: the command should be interrupted.
    private readonly TaskCompletionSource _observerFailed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Completes when the worker's answer to the start has been taken, or will not come. The end of a connection waits for it: a worker that
    /// refuses and hangs up has refused, whichever of the two is heard of first.
    /// </summary>
    public Task Answered { get; set; } = Task.CompletedTask;

    /// <summary>Ends the connection of a worker that does not heed, with the reason.</summary>
    public required Action<string> GiveUp { get; init; }

    /// <summary>Is told what the worker did with this command that it may not.</summary>
    public required Action<string> Complain { get; init; }

    /// <summary>Where the worker cuts longer lines and loses some of their characters, in characters; null when it does not.</summary>
    public int? CutLineLength { get; init; }

    /// <summary>Starts the command on the worker and takes everything it says to the observer, to its end.</summary>
    /// <param name="start">Sends the command; returns at once.</param>
    /// <param name="interrupt">Sends the wish to stop, with the reason; returns at once.</param>
    /// <param name="stop">Cancelled to interrupt; the worker's last word still counts.</param>
    public async Task<CommandResult> RunAsync(Action start, Action<string> interrupt, CancellationToken stop)
    {
        Task<CommandResult> end = PumpAsync();
        start();
        await using (stop.UnsafeRegister(_ => interrupt("stop requested"), null))
        {
            if (await Task.WhenAny(end, _observerFailed.Task) != end) interrupt("the master could not take the output");
            return await end;
        }
    }

    /// <summary>
    /// Puts a request behind those before it; false when the command has ended and the caller must refuse it. Waits while too
    /// much waits already.
    /// </summary>
    public async ValueTask<bool> EnqueueAsync(IWorkerRequest request)
    {
        int length = request.Length;
        Task? wait = null;
        lock (_gate)
        {
            _waitingBytes += length;
            if (_waitingBytes > maxWaitingBytes)
            {
                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = _room.Task;
            }
        }

        if (!_queue.Writer.TryWrite(request)) return false;
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

    private async Task<CommandResult> PumpAsync()
    {
        CommandResult? result = null;
        await foreach (IWorkerRequest request in _queue.Reader.ReadAllAsync())
        {
            // Once it is answered its bytes may be another's.
            int length = request.Length;
            if (result is not null)
            {
                await request.RefuseAsync(UnknownCommand);
            }
            else if (request.Message is BuildbotMessage.Complete complete)
            {
                result = await CompleteAsync(complete);
                await request.AnswerAsync(WireValue.Nil.Value);
                End();
            }
            else
            {
                await ServeAsync(request);
            }

            MakeRoom(length);
        }

        if (result is not null) return result;
        await FlushAsync();
        return _refusal is not null
            ? new CommandResult.Refused(Cut(_refusal))
            : new CommandResult.Lost(await linkClosed);
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

    private async ValueTask ServeAsync(IWorkerRequest request)
    {
        WireValue answer;
        try
        {
            // After its first failure the observer is left in peace; the worker hears of it with every request.
            if (_observerFailure is not null)
            {
                if (++_afterFailure == MaxAfterFailure) GiveUp("the worker went on with a command that was refused and interrupted");
                throw new InvalidOperationException(_observerFailure);
            }

            answer = await AnswerAsync(request.Message);
        }
        catch (Exception error)
        {
            Fail(error);
            await request.RefuseAsync(Cut(_observerFailure!));
            return;
        }

        await request.AnswerAsync(answer);
    }

    private async ValueTask OutputAsync(OutputStream stream, string log, ReadOnlyMemory<byte> lines, DateTimeOffset at)
    {
        await observer.OutputAsync(stream, log, ValidUtf8(lines), at);
        if (CutLineLength is { } cut && CutLines.IsIn(lines.Span, cut))
            await observer.OutputAsync(OutputStream.Header, "", CutLines.Mark(cut), at);
    }

    // Whole lines only: a worker that sends bytes may cut them in the middle of a character.
    private static ReadOnlyMemory<byte> ValidUtf8(ReadOnlyMemory<byte> lines) =>
        Utf8.IsValid(lines.Span) ? lines : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(lines.Span));

    private void Fail(Exception error)
    {
        _observerFailure ??= error.Message;
        _observerFailed.TrySetResult();
    }

    /// <summary>Lines that the command left without an end.</summary>
    private async ValueTask FlushAsync()
    {
        try
        {
            foreach (var (stream, log, line, at) in _lines.Flush())
                if (_observerFailure is null) await OutputAsync(stream, log, line, at);
        }
        catch (Exception error)
        {
            Fail(error);
        }
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
                    throw Trespass($"asked for a block of {read.Length} bytes", $"a block of {read.Length} bytes cannot be read");
                return new WireValue.Binary(await observer.ReadAsync((int)Math.Min(read.Length, MaxBlock)));
            case BuildbotMessage.ReadFileClose when command is RemoteCommand.DownloadFile:
                await observer.CloseReadAsync();
                break;
            default:
                throw Trespass($"sent {WordOf(message)}, which its command does not have", "the command has no such transfer");
        }

        return WireValue.Nil.Value;
    }

    private InvalidOperationException Trespass(string what, string problem)
    {
        Complain(what);
        return new InvalidOperationException(problem);
    }

    private static string WordOf(BuildbotMessage message) => message switch
    {
        BuildbotMessage.ReadFile or BuildbotMessage.ReadFileClose => "a read",
        _ => "a write",
    };

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> block, long? limit)
    {
        _received += block.Length;
        if (_received > limit) throw Trespass($"uploaded more than {limit} bytes", $"the upload is larger than {limit} bytes");
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
                (ReadOnlyMemory<byte> lines, DateTimeOffset at) = _lines.Take(stream, text.Log, text.Utf8, TimeOf(text));
                if (!lines.IsEmpty) await OutputAsync(stream, text.Log, lines, at);
                break;
            case UpdateEntry.ReturnCode code:
                _returnCode = code.Value;
                break;
            case UpdateEntry.Files files:
                _files = files.Names;
                break;
            case UpdateEntry.FailureReason reason:
                _limit = reason.Reason switch
                {
                    "timeout" => CommandLimit.Time,
                    "timeout_without_output" => CommandLimit.Silence,
                    "max_lines_failure" => CommandLimit.Lines,
                    _ => _limit,
                };
                break;
        }
    }

    private async ValueTask<CommandResult> CompleteAsync(BuildbotMessage.Complete complete)
    {
        await FlushAsync();
        if (_observerFailure is not null)
            return new CommandResult.Refused(Cut($"the master could not take what the command sent: {_observerFailure}"));
        if (!string.IsNullOrEmpty(complete.Failure)) return new CommandResult.Refused(Cut(complete.Failure));
        bool transfer = command is RemoteCommand.UploadFile or RemoteCommand.UploadDirectory or RemoteCommand.DownloadFile;
        if (_returnCode is null && !transfer)
            return new CommandResult.Refused("the worker ended the command without saying how");

        int code = _returnCode ?? 0;
        if (!_writeClosed || code != 0) return new CommandResult.Ended(code) { Files = _files, Limit = _limit };
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

    private static string Cut(string text) => text.Length <= MaxReason ? text : text[..MaxReason];
}
