using System.Globalization;
using System.Text;

namespace Quern.Protocols.Perspective;

/// <summary>The way in: cut, decode, hand over.</summary>
public sealed partial class PerspectiveConnection
{
    private const int ReadBytes = 16 * 1024;

    /// <summary>Bytes of a message that make a sign of life: a peer that drips one now and then is as good as silent.</summary>
    private const int SignOfLife = 1024;

    // What the values of a message may cost beyond the longest message.
    private const int FreeAllowance = 48 * 1024;

    private readonly BananaFramer _framer = new();
    private readonly PooledBytes _received = new();   // the reader's; begins with the current message
    private int _running;
    private int _roundThread;   // the reader's: the thread that takes messages and sends their answers together afterwards; else 0
    private long _lastHeard;
    private int _unheard;       // the reader's: bytes since the last sign of life

    /// <summary>Reads until the end. Called once.</summary>
    /// <returns>Why the connection ended, in plain words; never throws for what the peer does.</returns>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _running, 1) != 0) throw new InvalidOperationException("The connection runs already.");
        using var outside = cancellationToken.UnsafeRegister(static state => ((PerspectiveConnection)state!).Close("stopped"), this);
        if (_isServer)
        {
            lock (_lock) Send(new PerspectiveMessage.DialectOffer([PerspectiveWords.DialectPb, PerspectiveWords.DialectNone]));
            Flush();
        }
        try
        {
            Close(await ReadAsync(_stop.Token));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            Close($"the connection broke: {e.Message}");
        }
        finally
        {
            // Also after a fault of our own, which goes on to the caller: whoever waits must learn that it is over.
            Close("a fault of this side");
            await FinishAsync();
        }
        return await _closed.Task;
    }

    private async Task FinishAsync()
    {
        try
        {
            await FinishSendingAsync();
        }
        finally
        {
            await EndAsync();
        }
    }

    /// <summary>Everything unanswered is lost; nothing is served any more.</summary>
    private async Task EndAsync()
    {
        try
        {
            await _stream.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // A stream that wanted to say goodbye and could not; the first reason is kept.
            Close($"the connection broke: {e.Message}");
        }
        List<TaskCompletionSource<CallResult>> lost;
        string reason;
        lock (_lock)
        {
            reason = _reason ??= "closed";
            lost = [.. _calls.Values];
            _calls.Clear();
            _early?.Clear();
            _exports.Clear();
            _held.Clear();
            _waiting.Dispose();
            _sending.Dispose();
        }
        _received.Dispose();
        _closed.TrySetResult(reason);
        foreach (var call in lost) call.TrySetResult(new CallResult.Lost(reason));
    }

    private async Task<string> ReadAsync(CancellationToken stop)
    {
        while (true)
        {
            // An idle connection holds no buffer: an empty read waits for bytes and takes none.
#pragma warning disable CA2022
            if (_received.Length == 0) await _stream.ReadAsync(Memory<byte>.Empty, stop);
#pragma warning restore CA2022
            int scanned = _received.Length;
            int read = await _stream.ReadAsync(_received.GetMemory(RoomFor()), stop);
            if (read == 0)
                return scanned == 0 ? "the peer closed the connection" : "the peer closed the connection in the middle of a message";
            _received.Advance(read);
            if ((_unheard += read) >= SignOfLife) Heard();
            string? over = await TakeMessagesAsync(scanned);
            EndRound();
            if (over is not null) return over;
        }
    }

    private void Heard()
    {
        _unheard = 0;
        Volatile.Write(ref _lastHeard, _time.GetTimestamp());
    }

    private void EndRound()
    {
        Volatile.Write(ref _roundThread, 0);
        Flush();
    }

    // A body whose length is known is read in few pieces; but a header alone gets no more room than as much again as came.
    private int RoomFor() => (int)Math.Clamp(_framer.Announced - _received.Length, ReadBytes, Math.Max(_received.Length, 4 * ReadBytes));

    /// <summary>Takes all whole messages.</summary>
    /// <param name="scanned">How many of the received bytes the framer has seen.</param>
    /// <returns>Why the connection is over; null while it goes on.</returns>
    private async ValueTask<string?> TakeMessagesAsync(int scanned)
    {
        int start = 0;
        while (true)
        {
            var status = _framer.Scan(_received.Written.Span[scanned..], _vocabulary, out int consumed);
            scanned += consumed;
            if (status is DecodeStatus.Malformed or DecodeStatus.TooLarge) return $"the peer sent {_framer.Problem}";
            if (status == DecodeStatus.NeedMore)
            {
                if (_framer.Announced > MaxMessageBytes) return $"the peer sent a message of more than {MaxMessageBytes} bytes";
                if (start > 0) _received.Remove(start);
                return null;
            }
            if (scanned - start > MaxMessageBytes) return $"the peer sent a message of more than {MaxMessageBytes} bytes";
            Heard();
            Volatile.Write(ref _roundThread, Environment.CurrentManagedThreadId);
            var taking = TakeMessageAsync(_received.Written[start..scanned]);
            // One that is waited for may wait for the peer, which waits for an answer.
            if (!taking.IsCompleted) EndRound();
            if (await taking is { } over) return over;
            start = scanned;
            if (_stop.IsCancellationRequested) return "closed";
            if (start == _received.Length)
            {
                _received.Remove(start);
                return null;
            }
        }
    }

    private ValueTask<string?> TakeMessageAsync(ReadOnlyMemory<byte> element)
    {
        if (!_agreed.Task.IsCompleted) return ValueTask.FromResult(_isServer ? TakeChoice(element) : TakeOffer(element));
        // A call outlives the buffer it was received in; everything else is done with it when this returns.
        var frame = PerspectiveCodec.IsCall(element) ? new PooledFrame(element.Span) : null;
        var message = PerspectiveCodec.Decode(
            frame?.Memory ?? element, MaxMessageBytes + FreeAllowance, out string problem, out var remotes);
        if (message is PerspectiveMessage.Call call) return TakeCallAsync(call, frame!, remotes);
        frame?.Dispose();
        return ValueTask.FromResult(message is null ? $"the peer sent something that is no message: {problem}" : TakeOther(message, remotes));
    }

    private string? TakeChoice(ReadOnlyMemory<byte> element)
    {
        if (PerspectiveCodec.DecodeChoice(element) is not { } choice) return "the peer did not begin with the name of a dialect";
        if (choice.Dialect is not (PerspectiveWords.DialectPb or PerspectiveWords.DialectNone))
            return $"the peer chose the dialect '{Shown.Of(Encoding.UTF8.GetBytes(choice.Dialect))}', which was not offered";
        Agree(choice.Dialect, choice: null);
        return null;
    }

    private string? TakeOffer(ReadOnlyMemory<byte> element)
    {
        if (PerspectiveCodec.DecodeOffer(element) is not { } offer) return "the peer did not begin with a list of dialects";
        foreach (string dialect in offer.Dialects)
        {
            if (dialect is not (PerspectiveWords.DialectPb or PerspectiveWords.DialectNone)) continue;
            Agree(dialect, new PerspectiveMessage.DialectChoice(dialect));
            return null;
        }
        return "the peer offered no known dialect";
    }

    private void Agree(string dialect, PerspectiveMessage.DialectChoice? choice)
    {
        lock (_lock)
        {
            // The choice itself is still said without a vocabulary.
            if (choice is not null) Send(choice);
            _vocabulary = dialect == PerspectiveWords.DialectPb;
            Send(new PerspectiveMessage.Version(PerspectiveMessage.Version.Current));
            var early = _early ?? [];
            _early = null;
            foreach (var send in early) send();
        }
        _agreed.TrySetResult();
    }

    /// <summary>Takes a message that is no call.</summary>
    private string? TakeOther(PerspectiveMessage message, List<long>? remotes)
    {
        switch (message)
        {
            case PerspectiveMessage.Version version:
                if (version.Number == PerspectiveMessage.Version.Current) return null;
                return $"the peer speaks version {version.Number} of the protocol; {PerspectiveMessage.Version.Current} is needed";
            case PerspectiveMessage.Answer answer:
                return Finish(answer.RequestId, remotes, kept: true, static a => new CallResult.Answered(a.Value), answer);
            case PerspectiveMessage.Error error:
                return Finish(error.RequestId, remotes, kept: false, static e => new CallResult.Failed(e.Failure), error);
            case PerspectiveMessage.Release release:
                return TakeRelease(release.ObjectNumber);
            default:
                // "didNotUnderstand": nothing can be done about it.
                return null;
        }
    }

    private string? TakeRelease(long id)
    {
        bool known;
        ILocalObject? gone;
        lock (_lock) known = _exports.Released(id, out gone);
        try
        {
            gone?.Released();
        }
        catch (Exception e)
        {
            _options.Fault?.Invoke(e);
        }
        return known ? null : $"the peer released the object {id}, which it was never given";
    }

    /// <param name="request">Which of our calls is over.</param>
    /// <param name="remotes">References that came with it.</param>
    /// <param name="kept">Whether the caller gets them; else they are let go at once.</param>
    /// <param name="result">Makes the caller's result, outside the lock.</param>
    /// <param name="message">What it makes it of.</param>
    private string? Finish<T>(long request, List<long>? remotes, bool kept, Func<T, CallResult> result, T message)
    {
        TaskCompletionSource<CallResult>? call;
        lock (_lock)
        {
            if (!_calls.ContainsKey(request)) return $"the peer answered the request {request}, which does not wait for an answer";
            // Before the call leaves the table: at the end of the connection it is answered from there.
            if (Receive(remotes) is { } flood) return flood;
            _calls.Remove(request, out call);
            if (!kept) Drop(remotes);
        }
        call!.TrySetResult(result(message));
        return null;
    }

    private async ValueTask<string?> TakeCallAsync(PerspectiveMessage.Call message, PooledFrame frame, List<long>? remotes)
    {
        ILocalObject? target;
        string? over;
        lock (_lock)
        {
            over = Receive(remotes) ?? CountUnanswered(frame.Length);
            target = message.Target.Name switch
            {
                null => _exports.Find(message.Target.Number),
                PerspectiveWords.Root => _root,
                _ => null,
            };
        }
        if (over is not null)
        {
            frame.Dispose();
            return over;
        }
        var call = new IncomingCall(this, message, frame, remotes);
        if (message.Refusal.Length > 0)
        {
            call.Fail(CopiedFailure.InsecureJelly(message.Refusal));
        }
        else if (target is null)
        {
            string called = message.Target.Name is { } name ? $"named '{name}'" : string.Create(CultureInfo.InvariantCulture, $"{message.Target.Number}");
            _options.Stray?.Invoke($"called '{message.Method}' on the object {called}, which it does not hold");
            call.Fail(CopiedFailure.InvalidObjectId());
        }
        else
        {
            var handing = HandAsync(target, call);
            // An object that holds up the reader does not hold up the end.
            if (!handing.IsCompletedSuccessfully) await handing.AsTask().WaitAsync(_stop.Token);
        }
        return null;
    }

    /// <summary>Counts a call that waits for an answer. The caller holds the lock.</summary>
    private string? CountUnanswered(int bytes)
    {
        _unanswered++;
        _unansweredBytes += bytes;
        if (_unanswered > _options.MaxUnansweredCalls)
            return $"the peer made more than {_options.MaxUnansweredCalls} calls without waiting for an answer";
        return _unansweredBytes > (_isKnown ? _options.MaxUnansweredBytes : MaxMessageBytes)
            ? $"the peer's calls that wait for an answer hold {_unansweredBytes} bytes, more than they may"
            : null;
    }

    private async ValueTask HandAsync(ILocalObject target, IncomingCall call)
    {
        try
        {
            await target.CallAsync(call);
        }
        catch (Exception e)
        {
            // An object that throws costs its caller an answer, not the others their connection.
            call.TryFail(FaultOf(e));
        }
    }

    /// <summary>What the peer is told of an exception of the application; the application is told all of it.</summary>
    internal CopiedFailure FaultOf(Exception fault)
    {
        _options.Fault?.Invoke(fault);
        return CopiedFailure.Of("builtins.RuntimeError", _options.RevealFaults ? fault.Message : "the call failed on the other side");
    }

    /// <summary>Counts references of a message. The caller holds the lock.</summary>
    private string? Receive(List<long>? remotes)
    {
        if (remotes is null) return null;
        foreach (long id in remotes)
            if (_held.Received(id)) Send(new PerspectiveMessage.Release(id));
        return _held.Owed > _options.MaxHeldReferences ? $"the peer gave more than {_options.MaxHeldReferences} references" : null;
    }
}
