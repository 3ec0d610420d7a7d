using System.Threading.Channels;
using Quern.Protocols.Branch;

namespace Quern.WorkerHost;

/// <summary>
/// The frames of one connection to a Branch master, seen from a bot. One request is open at a time; what the master says unasked is an
/// order, and may come while this bot is idle only. Whatever breaks that ends the connection. A loop reads all the time, so that the
/// end of the master is heard during a build. Life: made with the connected stream; disposed.
/// </summary>
internal sealed partial class BranchWire : IAsyncDisposable
{
    /// <summary>Orders that may be waiting: one to build and one to answer, twice.</summary>
    private const int MaxOrders = 4;

    private const int BlockBytes = 64 * 1024;

    private readonly Stream _stream;
    private readonly BotLimits _limits;
    private readonly TimeProvider _time;
    private readonly Channel<byte[]> _orders = Channel.CreateBounded<byte[]>(MaxOrders);   // a full one ends the connection
    private readonly CancellationTokenSource _gone = new();
    private readonly Task _reading;
    private readonly Lock _lock = new();

    // Under the lock.
    private OpenRequest? _open;
    private BranchDialect? _dialect;
    private bool _isBusy = true;
    private byte[] _building = [];
    private string? _reason;

    public BranchWire(Stream stream, BotLimits limits, TimeProvider time)
    {
        (_stream, _limits, _time) = (stream, limits, time);
        Gone = _gone.Token;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>The connection is over.</summary>
    public CancellationToken Gone { get; }

    /// <summary>Why, when it is.</summary>
    public string Reason
    {
        get
        {
            lock (_lock) return _reason ?? "";
        }
    }

    /// <summary>The login has found out what is spoken: from now on orders are known from answers, and frames may be longer.</summary>
    public void Speak(BranchDialect dialect)
    {
        lock (_lock) _dialect = dialect;
    }

    /// <summary>Sends a frame that has no answer.</summary>
    /// <exception cref="IOException">The connection is over.</exception>
    public Task TellAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) => WriteAsync(frame, cancellationToken);

    /// <summary>Sends a request and waits for the body of its answer.</summary>
    /// <exception cref="IOException">The connection is over, or the master does not answer.</exception>
    public async Task<byte[]> AskAsync(ReadOnlyMemory<byte> frame, TimeSpan patience, CancellationToken cancellationToken)
    {
        var request = Open(new OpenRequest(0, null));
        await WriteAsync(frame, cancellationToken);
        return await AnswerAsync(request, patience, cancellationToken);
    }

    /// <summary>Sends the bytes of a file, which stand in no frame, and waits for the body of the answer to them.</summary>
    /// <inheritdoc cref="AskAsync"/>
    public async Task<byte[]> UploadAsync(Stream file, CancellationToken cancellationToken)
    {
        var request = Open(new OpenRequest(0, null));
        byte[] block = new byte[BlockBytes];
        int read;
        while ((read = await file.ReadAsync(block, cancellationToken)) > 0) await WriteAsync(block.AsMemory(0, read), cancellationToken);
        return await AnswerAsync(request, _limits.AnswerPatience, cancellationToken);
    }

    /// <summary>Sends a request that is answered with the bare bytes of a file.</summary>
    /// <param name="bytes">As many as that, from 1.</param>
    /// <inheritdoc cref="AskAsync"/>
    public async Task FetchAsync(ReadOnlyMemory<byte> frame, long bytes, Stream target, CancellationToken cancellationToken)
    {
        var request = Open(new OpenRequest(bytes, target));
        await WriteAsync(frame, cancellationToken);
        await AnswerAsync(request, _limits.TransferTime, cancellationToken);
    }

    /// <summary>Says that orders may come. To be called before the master is told so.</summary>
    public void BecomeIdle()
    {
        lock (_lock) (_isBusy, _building) = (false, []);
    }

    /// <summary>The next thing that the master says unasked.</summary>
    /// <exception cref="IOException">The connection is over, or nothing was heard for too long.</exception>
    public async Task<byte[]> NextOrderAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _orders.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(_limits.IdlePatience, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new IOException($"the master has said nothing for {_limits.IdlePatience.TotalSeconds:0} s");
        }
        catch (ChannelClosedException)
        {
            throw new IOException(Reason);
        }
    }

    /// <summary>This bot builds now. The same order once more, which an impatient master sends, is passed over, and so is a question whether the bot lives.</summary>
    public void BecomeBusy(byte[] order)
    {
        string? problem = null;
        lock (_lock)
        {
            (_isBusy, _building) = (true, order);
            while (_orders.Reader.TryRead(out byte[]? waiting)) problem ??= OrderProblem(waiting);
        }
        if (problem is not null) End(problem);
    }

    public async ValueTask DisposeAsync()
    {
        End("the connection was closed here");
        await _stream.DisposeAsync();
        await _reading;
        _gone.Dispose();
    }

    private OpenRequest Open(OpenRequest request)
    {
        lock (_lock)
        {
            if (_reason is not null) throw new IOException(_reason);
            if (_open is not null) throw new InvalidOperationException("A request is open already.");
            _open = request;
        }
        return request;
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            // In one piece: the originals want count and blank in the first segment.
            await _stream.WriteAsync(bytes, cancellationToken).AsTask().WaitAsync(_limits.AnswerPatience, _time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or ObjectDisposedException or IOException)
        {
            End(e is TimeoutException ? "the master takes nothing any more" : $"the connection to the master is lost: {e.Message}");
            throw new IOException(Reason, e);
        }
    }

    private async Task<byte[]> AnswerAsync(OpenRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await request.Answer.Task.WaitAsync(patience, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            End($"the master has not answered for {patience.TotalSeconds:0} s");
            throw new IOException(Reason);
        }
    }

    private void End(string reason)
    {
        OpenRequest? request;
        lock (_lock)
        {
            if (_reason is not null) return;
            _reason = reason;
            (request, _open) = (_open, null);
        }
        _gone.Cancel();
        request?.Answer.TrySetException(new IOException(reason));
        _orders.Writer.TryComplete();
    }
}
