using System.Collections.Immutable;

namespace Quern.Protocols.Perspective;

/// <summary>
/// One connection of the Perspective Broker protocol over a stream: calls out, each with its answer; calls in, in order. Life:
/// <see cref="Server"/> or <see cref="Client"/>, then <see cref="RunAsync"/> once, which reads until the end; everything else
/// may be called from any thread at any time. The first reason that ends it is kept.
/// </summary>
/// <remarks>
/// The lock guards short work in memory alone: tables, numbers, and encoding into the bytes that wait to be sent, so that
/// requests leave in the order of their numbers. One thread at a time sends, one loop reads.
/// </remarks>
public sealed partial class PerspectiveConnection : IAsyncDisposable
{
    private const int MaxRefusedExports = 3;

    private readonly Stream _stream;
    private readonly PerspectiveOptions _options;
    private readonly TimeProvider _time;
    private readonly ILocalObject? _root;   // what the peer may call by name; null for a client
    private readonly bool _isServer;

    private readonly Lock _lock = new();
    private readonly ExportTable _exports;                   // guarded by the lock
    private readonly HeldReferences _held = new();           // guarded by the lock
    private readonly Dictionary<long, TaskCompletionSource<CallResult>> _calls = [];   // guarded by the lock
    private long _lastRequest;                               // guarded by the lock
    private int _unanswered;                                 // guarded by the lock; calls of the peer
    private long _unansweredBytes;                           // guarded by the lock; what they hold
    private int _refusedExports;                             // guarded by the lock
    private List<Action>? _early = [];                       // guarded by the lock; calls made before the dialect was fixed, then null
    private ILocalObject? _challenger;                       // the reader's
    private int _maxMessageBytes;
    private volatile bool _isKnown;                          // false for a server's peer until it is let in
    private string? _reason;                                 // guarded by the lock; why, once it is over
    private bool _vocabulary;                                // written before _agreed completes

    private readonly TaskCompletionSource _agreed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();

    private PerspectiveConnection(Stream stream, PerspectiveOptions options, TimeProvider time, ILocalObject? root, bool isServer)
    {
        _stream = stream;
        _options = options;
        _time = time;
        _root = root;
        _isServer = isServer;
        _exports = new ExportTable(options.MaxExports);
        _maxMessageBytes = options.MaxMessageBytes;
        _isKnown = !isServer;
        _abandon = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
    }

    /// <summary>The side that listens. It speaks first, as soon as it runs.</summary>
    /// <param name="stream">Owned from now on.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">For the patience at the end.</param>
    /// <param name="root">The object published as <c>root</c>.</param>
    public static PerspectiveConnection Server(Stream stream, PerspectiveOptions options, TimeProvider time, ILocalObject root) =>
        new(stream, options, time, root, isServer: true);

    /// <summary>The side that connects.</summary>
    /// <param name="stream">Owned from now on.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">For the patience at the end.</param>
    public static PerspectiveConnection Client(Stream stream, PerspectiveOptions options, TimeProvider time) =>
        new(stream, options, time, root: null, isServer: false);

    /// <summary>The object that the peer publishes as <c>root</c>.</summary>
    public RemoteReference Root => new(this, ObjectId.Root);

    /// <summary>Completes with the reason in plain words when the connection is over; never faults.</summary>
    public Task<string> Closed => _closed.Task;

    /// <summary>
    /// Longest message that is taken, in bytes. May be changed at any time. Setting it also says that the peer is known, as a
    /// successful login does: before, a server holds no more than this for unanswered calls and unread answers each.
    /// </summary>
    public int MaxMessageBytes
    {
        get => Volatile.Read(ref _maxMessageBytes);
        set
        {
            Volatile.Write(ref _maxMessageBytes, value);
            _isKnown = true;
        }
    }

    /// <summary>When the peer's last message came, or the last good piece of a longer one, as a timestamp of the time provider; 0 before any came.</summary>
    public long LastHeard => Volatile.Read(ref _lastHeard);

    /// <summary>Objects of ours that the peer holds now.</summary>
    public int LiveExports
    {
        get
        {
            lock (_lock) return _exports.Live;
        }
    }

    /// <summary>Releases that are owed to the peer now.</summary>
    public int HeldCount
    {
        get
        {
            lock (_lock) return _held.Owed;
        }
    }

    /// <summary>Makes an object callable; sending <see cref="JellyValue.Remote"/> with the id gives it to the peer.</summary>
    /// <returns>The object's id, the same for as long as it is live.</returns>
    /// <exception cref="InvalidOperationException">
    /// The peer holds as many objects as it may. The fourth time closes the connection, as Twisted does.
    /// </exception>
    public long Export(ILocalObject target)
    {
        lock (_lock)
        {
            try
            {
                return _exports.IdOf(target);
            }
            catch (InvalidOperationException) when (++_refusedExports > MaxRefusedExports)
            {
                Break($"the peer holds {_options.MaxExports} objects and does not release them");
                throw;
            }
        }
    }

    /// <summary>An object of ours that the peer handed back; null when it does not hold it.</summary>
    public ILocalObject? Find(JellyValue.Local local)
    {
        lock (_lock) return _exports.Find(local.Id);
    }

    /// <summary>Stops serving an object, whatever the peer still holds. Its late releases are fine.</summary>
    public void Withdraw(long id)
    {
        lock (_lock) _exports.Withdraw(id);
    }

    /// <summary>Stops serving an object if it was exported.</summary>
    internal void Withdraw(ILocalObject target)
    {
        lock (_lock) _exports.Withdraw(target);
    }

    /// <summary>Exports the object that takes the answer to a login's challenge, in place of the one before.</summary>
    internal long ExportChallenger(ILocalObject challenger)
    {
        // A peer that asks again and again makes us hold one challenge, not all of them.
        if (_challenger is not null) Withdraw(_challenger);
        _challenger = challenger;
        return Export(challenger);
    }

    /// <summary>Keeps a reference that came in the arguments of a call not yet answered, or in an answer.</summary>
    /// <returns>
    /// Null when the peer did not give it, or it was let go meanwhile. One that was taken before is the same reference, let go
    /// of once.
    /// </returns>
    public RemoteReference? Take(JellyValue.Remote remote)
    {
        lock (_lock) return _held.Take(remote.Id) ? new RemoteReference(this, remote.Id) : null;
    }

    /// <summary>Lets go of all references in an answer, or in a part of one, that were not taken.</summary>
    public void Discard(JellyValue value)
    {
        switch (value)
        {
            case JellyValue.Remote remote:
                lock (_lock) Drop(remote.Id);
                Flush();
                break;
            case JellyValue.Sequence sequence:
                foreach (var item in sequence.Items) Discard(item);
                break;
            case JellyValue.Dictionary dictionary:
                foreach (var (key, item) in dictionary.Entries)
                {
                    Discard(key);
                    Discard(item);
                }
                break;
        }
    }

    /// <summary>Lets go of a reference: it must not be called any more. A second time does nothing.</summary>
    public void Release(RemoteReference reference)
    {
        if (reference.Connection != this) throw new ArgumentException("The reference belongs to another connection.", nameof(reference));
        if (reference.Id.Name is not null) return;
        lock (_lock)
        {
            if (_early is { } early) early.Add(() => SendReleases(reference.Id.Number));
            else SendReleases(reference.Id.Number);
        }
        Flush();
    }

    /// <summary>Calls a method of the peer. Never throws for what the peer does.</summary>
    /// <param name="target">A reference of this connection.</param>
    /// <param name="method">Without prefix.</param>
    /// <param name="arguments">Positional arguments.</param>
    /// <param name="keywords">Keyword arguments, or nothing.</param>
    /// <returns>
    /// What came of it. References in the answer are to be taken (<see cref="Take"/>) or discarded (<see cref="Discard"/>).
    /// </returns>
    /// <exception cref="ArgumentException">A value cannot be sent, for its size or shape.</exception>
    public Task<CallResult> CallAsync(
        RemoteReference target,
        string method,
        ImmutableArray<JellyValue> arguments,
        ImmutableArray<KeyValuePair<string, JellyValue>> keywords = default)
    {
        if (target.Connection != this) throw new ArgumentException("The reference belongs to another connection.", nameof(target));
        var answer = new TaskCompletionSource<CallResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var named = keywords.IsDefault ? [] : keywords;
        lock (_lock)
        {
            if (_reason is not null) return Task.FromResult<CallResult>(new CallResult.Lost(_reason));
            if (_calls.Count >= _options.MaxPendingCalls)
                return Task.FromResult<CallResult>(new CallResult.Lost($"{_calls.Count} calls wait for the peer's answer already"));
            long request = _lastRequest + 1;
            var call = new PerspectiveMessage.Call(request, target.Id, method, WantsAnswer: true, arguments, named);
            // Before the dialect is fixed nothing can be encoded; what was called then goes out in the order of the calls.
            if (_early is null) Send(call);
            else _early.Add(() => SendEarly(call, answer));
            _lastRequest = request;
            _calls.Add(request, answer);
        }
        Flush();
        return answer.Task;
    }

    /// <summary>Calls a method of the peer without asking for an answer; whether it was heard is not known.</summary>
    /// <param name="target">A reference of this connection.</param>
    /// <param name="method">Without prefix.</param>
    /// <param name="arguments">Positional arguments.</param>
    /// <param name="keywords">Keyword arguments, or nothing.</param>
    /// <exception cref="ArgumentException">A value cannot be sent, for its size or shape.</exception>
    /// <exception cref="InvalidOperationException">The dialect is not agreed on yet: something must have been answered first.</exception>
    public void Tell(
        RemoteReference target,
        string method,
        ImmutableArray<JellyValue> arguments,
        ImmutableArray<KeyValuePair<string, JellyValue>> keywords = default)
    {
        if (target.Connection != this) throw new ArgumentException("The reference belongs to another connection.", nameof(target));
        lock (_lock)
        {
            if (_reason is not null) return;
            if (_early is not null) throw new InvalidOperationException("Nothing can be told before the first answer of the peer.");
            long request = _lastRequest + 1;
            Send(new PerspectiveMessage.Call(request, target.Id, method, WantsAnswer: false, arguments, keywords.IsDefault ? [] : keywords));
            _lastRequest = request;
        }
        Flush();
    }

    private void SendEarly(PerspectiveMessage.Call call, TaskCompletionSource<CallResult> answer)
    {
        try
        {
            Send(call);
        }
        catch (ArgumentException e)
        {
            _calls.Remove(call.RequestId);
            answer.TrySetException(e);
        }
    }

    /// <summary>
    /// Ends the connection, keeping the first reason; what waits to be sent still is, for a short while. May be called at any
    /// time, also when it is over.
    /// </summary>
    public void Close(string reason)
    {
        lock (_lock) _reason ??= reason;
        Cancel(_stop);
    }

    /// <summary>Closes the connection and waits for its end. Not from within a call of the peer, which the end may wait for.</summary>
    public async ValueTask DisposeAsync()
    {
        Close("closed");
        // Where nobody runs it there is nobody to end it.
        if (Interlocked.Exchange(ref _running, 1) == 0) await EndAsync();
        await _closed.Task;
        _stop.Dispose();
        _abandon.Dispose();
    }

    /// <summary>The peer has logged in.</summary>
    internal void Admit() => _isKnown = true;

    /// <summary>Called once for each call of the peer.</summary>
    /// <param name="answer">What to send.</param>
    /// <param name="wanted">Whether the peer waits for it.</param>
    /// <param name="bytes">What the call held.</param>
    /// <param name="references">The references it brought.</param>
    internal void Answered(PerspectiveMessage answer, bool wanted, int bytes, List<long>? references)
    {
        lock (_lock)
        {
            _unanswered--;
            _unansweredBytes -= bytes;
            Drop(references);
            try
            {
                if (wanted) Send(answer);
            }
            catch (ArgumentException e) when (answer is PerspectiveMessage.Answer a)
            {
                // The peer waits for some answer.
                Send(new PerspectiveMessage.Error(a.RequestId, CopiedFailure.Of("twisted.spread.banana.BananaError", e.Message)));
            }
        }
        Flush();
    }

    /// <summary>Releases what came with a message and was not taken. The caller holds the lock.</summary>
    private void Drop(List<long>? references)
    {
        if (references is null) return;
        foreach (long id in references) Drop(id);
    }

    private void Drop(long id)
    {
        if (_held.Drop(id)) Send(new PerspectiveMessage.Release(id));
    }

    private void SendReleases(long id)
    {
        for (int owed = _held.Release(id); owed > 0; owed--) Send(new PerspectiveMessage.Release(id));
    }
}
