namespace Quern.Protocols.Perspective;

/// <summary>
/// The way out: messages are encoded into waiting bytes. Who has left some and finds nobody sending sends them itself, all that wait in
/// one write: a thread of its own for that would cost more than most messages.
/// </summary>
public sealed partial class PerspectiveConnection
{
    private PooledBytes _waiting = new();    // guarded by the lock
    private PooledBytes _sending = new();    // swapped and emptied under the lock, sent by whoever set _isSending
    private bool _isSending;                 // guarded by the lock; stays set once the stream is broken
    private bool _isBroken;                  // guarded by the lock; the stream takes nothing more
    private TaskCompletionSource? _sendingEnded;   // guarded by the lock; made by the end, which waits for it
    private readonly CancellationTokenSource _abandon;   // cancels a write at the end

    private readonly List<long> _sent = [];  // guarded by the lock; references in the message being encoded

    /// <summary>Encodes a message behind those that wait. The caller holds the lock, and calls <see cref="Flush"/> when it does not any more.</summary>
    /// <exception cref="ArgumentException">A value cannot be sent; nothing of the message was.</exception>
    private void Send(PerspectiveMessage message)
    {
        if (_reason is not null) return;
        int before = _waiting.Length;
        try
        {
            _sent.Clear();
            PerspectiveCodec.Encode(message, _waiting, _vocabulary, _sent);
            foreach (long id in _sent)
                if (!_exports.Knows(id)) throw new ArgumentException($"No object was exported as {id}; a reference of the peer goes back as Local.", nameof(message));
        }
        catch
        {
            _waiting.Truncate(before);
            throw;
        }
        foreach (long id in _sent) _exports.Sent(id);
        long unsent = (long)_waiting.Length + _sending.Length;
        if (unsent > (_isKnown ? _options.MaxUnsentBytes : MaxMessageBytes))
            Break($"the peer does not read: {unsent} bytes wait to be sent");
    }

    /// <summary>Ends the connection from under the lock, which the caller holds.</summary>
    private void Break(string reason)
    {
        _reason ??= reason;
        // What runs on cancellation may want the lock.
        ThreadPool.UnsafeQueueUserWorkItem(static stop => Cancel(stop), _stop, preferLocal: false);
    }

    private static void Cancel(CancellationTokenSource stop)
    {
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }

    /// <summary>Sees to it that what waits is sent: by this thread, by the one that sends already, or by the reader when it has done its round.</summary>
    private void Flush()
    {
        if (Environment.CurrentManagedThreadId == Volatile.Read(ref _roundThread)) return;
        lock (_lock)
        {
            if (_isSending || _waiting.Length == 0) return;
            _isSending = true;
        }
        _ = SendWaitingAsync();
    }

    private async Task SendWaitingAsync()
    {
        try
        {
            while (TakeWaiting() is { IsEmpty: false } bytes)
            {
                await _stream.WriteAsync(bytes, _abandon.Token);
                await _stream.FlushAsync(_abandon.Token);
            }
        }
        catch (Exception e)
        {
            // Whatever the stream throws: whoever called is not the one to hear of it.
            lock (_lock)
            {
                Break($"the connection broke: {e.Message}");
                _isBroken = true;
                _sendingEnded?.TrySetResult();
            }
        }
    }

    /// <summary>What is to be sent next; nothing, and the sending is over, when nothing waits.</summary>
    private ReadOnlyMemory<byte> TakeWaiting()
    {
        lock (_lock)
        {
            _sending.Dispose();
            if (_waiting.Length == 0)
            {
                _isSending = false;
                _sendingEnded?.TrySetResult();
                return default;
            }
            (_waiting, _sending) = (_sending, _waiting);
            return _sending.Written;
        }
    }

    /// <summary>Waits, not for long, until what was said last is sent. There is a reason already: nothing more is said.</summary>
    private async Task FinishSendingAsync()
    {
        Flush();
        _abandon.CancelAfter(_options.FlushPatience);
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (!_isSending || _isBroken) return;
            _sendingEnded = ended;
        }
        await ended.Task;
    }
}
