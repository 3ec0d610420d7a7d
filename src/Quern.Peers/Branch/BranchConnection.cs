using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Quern.Protocols;
using Quern.Protocols.Branch;

namespace Quern.Peers.Branch;

/// <summary>
/// One connection of a Branch program: frames are answered one after the other, each answer in one write, because old clients take
/// what arrives together for one frame.
/// </summary>
/// <param name="work">How many requests are worked on at once over all connections of controllers.</param>
/// <param name="botWork">The same for bots.</param>
/// <param name="loggedIn">Called once, when the peer is no stranger any more.</param>
internal sealed class BranchConnection(
    Stream stream, string remote, IBranchGate gate, BranchDesk desk, BranchClients clients, BranchBots bots, BranchOptions options, TimeProvider time, SemaphoreSlim work, SemaphoreSlim botWork, Action loggedIn) : IAsyncDisposable
{
    private const int KeptBuffer = 64 * 1024;
    private const int FilePiece = 128 * 1024;

    private readonly BranchLogin _login = new(gate, remote, time);
    private readonly BranchReader _reader = new();
    private readonly BranchOutput _peer = new(stream, options, time);
    private ArrayBufferWriter<byte> _answer = new(1024);

    /// <summary>Set by the first frame.</summary>
    private BranchDialect? _dialect;

    /// <summary>Set at the login, for the rest of the connection.</summary>
    private BranchVisit? _visit;

    /// <summary>V1 clients tell their name after the login; the journal waits for it.</summary>
    private bool _announced;

    /// <summary>Ends the connection of a stranger; set while there is one.</summary>
    private CancellationTokenSource? _late;

    /// <summary>Part of a frame is there and the rest is not. Written by the loop, read by whoever has an order for a bot.</summary>
    private volatile bool _partial;

    /// <summary>Set at the login of a bot, with what keeps its answers and orders apart.</summary>
    private BranchBot? _bot;
    private BotTurn? _turn;

    /// <summary>Ends the connection from within the farm; set while it is served.</summary>
    private CancellationTokenSource? _ending;

    /// <summary>Why the farm ends it; the first reason stays.</summary>
    private string? _endReason;

    /// <summary>What the peer calls itself; empty for a stranger.</summary>
    public string Name => _visit?.Client.Name ?? "";

    private BranchRole Role => _visit?.Client.Role ?? BranchRole.Stranger;

    /// <summary>Serves the peer to its end and says why it came. Throws for nothing that the peer does.</summary>
    public async Task<string> RunAsync(CancellationToken masterStops)
    {
        using var ending = _ending = CancellationTokenSource.CreateLinkedTokenSource(masterStops);
        var stopping = ending.Token;
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, minimumReadSize: 1024, leaveOpen: true));
        string reason = "";
        try
        {
            using var late = new CancellationTokenSource(options.LoginDeadline, time);
            _late = late;
            using var both = CancellationTokenSource.CreateLinkedTokenSource(stopping, late.Token);
            try
            {
                while (reason.Length == 0 && _visit is null) reason = await StepAsync(pipe, both.Token);
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested && late.IsCancellationRequested)
            {
                reason = $"it did not log in within {options.LoginDeadline.TotalSeconds:0} s";
            }
            while (reason.Length == 0) reason = await StepAsync(pipe, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            reason = masterStops.IsCancellationRequested ? "the master stopped listening" : Volatile.Read(ref _endReason) ?? "the master ended it";
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            reason = "the connection broke: " + error.Message;
        }
        finally
        {
            await pipe.CompleteAsync();
            await LeaveAsync(reason);
        }
        return reason;
    }

    /// <summary>Lets go of a file that was sent and never completed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_visit is { } visit) await visit.DisposeAsync();
        _turn?.Dispose();
    }

    /// <summary>Reads once and serves all that is whole; answers why the connection must end, or the empty text.</summary>
    private async ValueTask<string> StepAsync(PipeReader pipe, CancellationToken cancellationToken)
    {
        // In the middle of something the peer must go on; between two requests it may be silent for ever.
        bool between = _reader.RawBytesLeft == 0 && !_partial;
        ReadResult read;
        if (between)
        {
            read = await pipe.ReadAsync(cancellationToken);
        }
        else
        {
            using var stalled = new CancellationTokenSource(options.StallDeadline, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stalled.Token);
            try
            {
                read = await pipe.ReadAsync(both.Token);
            }
            catch (OperationCanceledException) when (stalled.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return $"it stopped in the middle of a {(_reader.RawBytesLeft > 0 ? "file" : "frame")}";
            }
        }

        var buffer = read.Buffer;
        var status = DecodeStatus.Success;
        string reason = "";
        while (reason.Length == 0 &&
            (status = _reader.TryRead(ref buffer, BranchLimits.BodyOf(Role), out var piece)) == DecodeStatus.Success)
            reason = piece.IsRaw ? await TakeFileAsync(piece.Bytes, cancellationToken) : await TakeFrameAsync(piece.Bytes, cancellationToken);
        _partial = !buffer.IsEmpty;
        pipe.AdvanceTo(buffer.Start, buffer.End);
        if (reason.Length > 0) return reason;
        return status switch
        {
            DecodeStatus.Malformed => "it sent what is no frame",
            DecodeStatus.TooLarge => $"it announced a frame of over {BranchLimits.BodyOf(Role)} bytes",
            _ when !read.IsCompleted => "",
            _ when _partial || _reader.RawBytesLeft > 0 => $"it closed the connection in the middle of a {(_reader.RawBytesLeft > 0 ? "file" : "frame")}",
            _ => "it closed the connection",
        };
    }

    private async ValueTask<string> TakeFrameAsync(ReadOnlySequence<byte> frame, CancellationToken cancellationToken)
    {
        // A body in one piece is used where it lies; the request owns what it keeps.
        var body = frame.IsSingleSegment ? frame.First : frame.ToArray();
        _dialect ??= BranchWords.DialectOf(body.Span);
        bool read = _dialect == BranchDialect.V1
            ? BranchV1.TryReadRequest(body.Span, Role, out var request)
            : BranchV2.TryReadRequest(body, Role, out request);
        if (!read) return "it sent a frame that is no request";
        if (_visit is { } visit) return await ServeAsync(visit, request!, cancellationToken);

        var answer = _login.Take(request!);
        if (answer is BranchAnswer.Reply { Code: BranchReply.KeyRefused }) await Task.Delay(options.RefusalDelay, time, cancellationToken);
        if (_login.Client is { } client)
        {
            _visit = new BranchVisit(client) { ReachedAt = ReachedAt() };
            clients.Add(client);
            if (client.Role == BranchRole.Bot)
            {
                _turn = new BotTurn(_peer, client.Dialect, () => _partial || _reader.RawBytesLeft > 0, options, time);
                _bot = bots.Welcome(_visit, _turn, End);
            }
            loggedIn();
            // What came together with the login is served in its own time.
            _late!.CancelAfter(Timeout.InfiniteTimeSpan);
            if (client.Dialect == BranchDialect.V2) await AnnounceAsync(client);
        }
        string reason = await SendAsync(answer, cancellationToken);
        return reason.Length == 0 && _login.Refusals >= options.MaxRefusals ? "too many logins were refused" : reason;
    }

    private IPAddress? ReachedAt()
    {
        try
        {
            return ((stream as NetworkStream)?.Socket.LocalEndPoint as IPEndPoint)?.Address;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Works on a request of a client that has logged in and sends the answer, which for a bot is its turn.</summary>
    private async ValueTask<string> ServeAsync(BranchVisit visit, BranchRequest request, CancellationToken cancellationToken)
    {
        if (request is BranchRequest.SetName rename) visit.Client.Rename(rename.Name);
        if (!_announced) await AnnounceAsync(visit.Client);
        if (_turn is not null) await _turn.EnterAsync(cancellationToken);
        try
        {
            var answer = await AnswerAsync(visit, request, cancellationToken);
            if (visit.ExpectedBytes > 0)
            {
                _reader.ExpectRaw(visit.ExpectedBytes);
                visit.ExpectedBytes = 0;
            }
            if (answer is not null) return await SendAsync(answer, cancellationToken);
            return visit.Download is null ? "" : await SendFileAsync(visit, cancellationToken);
        }
        finally
        {
            _turn?.LeaveAnswered();
        }
    }

    /// <summary>Null when there is no answer, or when it is the file that the visit holds.</summary>
    private async ValueTask<BranchAnswer?> AnswerAsync(BranchVisit visit, BranchRequest request, CancellationToken cancellationToken)
    {
        // Bots have a share of their own: a crowd of controllers must not make them miss their deadlines.
        var share = _bot is null ? work : botWork;
        await share.WaitAsync(cancellationToken);
        try
        {
            return _bot is null ? await desk.AnswerAsync(visit, request, cancellationToken) : await _bot.AnswerAsync(request, cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            gate.Failed(visit.Client, request.Command, error);
            _bot?.Fail(error);
            return new BranchAnswer.Reply(BranchReply.HandlerFailed);
        }
        finally
        {
            share.Release();
        }
    }

    /// <summary>The bare bytes of a file: the bot knows how many there are. Each piece has the time of an answer.</summary>
    private async ValueTask<string> SendFileAsync(BranchVisit visit, CancellationToken cancellationToken)
    {
        var file = visit.Download!;
        byte[] piece = ArrayPool<byte>.Shared.Rent(FilePiece);
        try
        {
            int read;
            while ((read = await file.ReadAsync(piece.AsMemory(0, FilePiece), cancellationToken)) > 0)
                if (await _peer.WriteAsync(piece.AsMemory(0, read), "a file", cancellationToken) is { Length: > 0 } reason) return reason;
            return "";
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
            await visit.ReplaceDownloadAsync(null);
        }
    }

    private async ValueTask<string> TakeFileAsync(ReadOnlySequence<byte> bytes, CancellationToken cancellationToken)
    {
        var upload = _visit!.Upload!;
        await upload.TakeAsync(bytes, cancellationToken);
        if (_reader.RawBytesLeft > 0) return "";
        if (_turn is not null) await _turn.EnterAsync(cancellationToken);
        try
        {
            return await SendAsync(new BranchAnswer.Reply(BranchReply.TransferDone), cancellationToken);
        }
        finally
        {
            _turn?.LeaveAnswered();
        }
    }

    /// <summary>Writes an answer at once; the empty text, or why the connection must end.</summary>
    private async ValueTask<string> SendAsync(BranchAnswer answer, CancellationToken cancellationToken)
    {
        bool written = _dialect == BranchDialect.V1 ? BranchV1.TryWriteAnswer(answer, _answer) : BranchV2.TryWriteAnswer(answer, _answer);
        if (!written) return "";
        string reason = await _peer.WriteAsync(_answer.WrittenMemory, "an answer", cancellationToken);
        // A long list is no reason to hold its memory for the rest of the connection.
        if (_answer.Capacity > KeptBuffer) _answer = new ArrayBufferWriter<byte>(1024);
        else _answer.ResetWrittenCount();
        return reason;
    }

    /// <summary>Ends the connection for a reason of the farm's.</summary>
    private void End(string reason)
    {
        Interlocked.CompareExchange(ref _endReason, reason, null);
        try
        {
            _ending?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    private async ValueTask AnnounceAsync(BranchClient client)
    {
        _announced = true;
        await gate.CameAsync(client);
    }

    private async ValueTask LeaveAsync(string reason)
    {
        if (_visit is not { } visit) return;
        clients.Remove(visit.Client);
        if (_bot is { } bot) await bot.EndedAsync(reason);
        // Before it is said that the client has gone nothing of it is left.
        await visit.DisposeAsync();
        if (_announced) await gate.WentAsync(visit.Client, reason);
    }
}
