namespace Quern.Storage;

/// <summary>One queued write with its waiting caller.</summary>
internal abstract class WriteOperation
{
    /// <summary>False when the caller has given up and the operation must not run.</summary>
    public abstract bool TryStart();

    /// <summary>Runs in the batch's transaction; may be run again in another one, so it keeps nothing from the first time.</summary>
    public abstract ValueTask RunAsync(WriteSession session);

    /// <summary>Answers the caller with the result of the last run.</summary>
    public abstract void Answer();

    public abstract void Fail(Exception exception);
}

/// <inheritdoc/>
internal sealed class WriteOperation<T> : WriteOperation
{
    private const int Waiting = 0;
    private const int Started = 1;
    private const int GivenUp = 2;

    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<WriteSession, ValueTask<T>> _body;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _registration;

    // Left once, from Waiting: by the writer's loop or by the caller's cancellation, whichever is first.
    private int _state = Waiting;

    // Written by each run; read after the commit.
    private T? _result;

    public WriteOperation(Func<WriteSession, ValueTask<T>> body, CancellationToken cancellationToken)
    {
        _body = body;
        _cancellationToken = cancellationToken;
        _registration = cancellationToken.UnsafeRegister(static operation => ((WriteOperation<T>)operation!).GiveUp(), this);
    }

    public Task<T> Task => _answer.Task;

    public override bool TryStart() => Interlocked.CompareExchange(ref _state, Started, Waiting) == Waiting;

    public override async ValueTask RunAsync(WriteSession session) => _result = await _body(session);

    public override void Answer()
    {
        _registration.Unregister();
        _answer.TrySetResult(_result!);
    }

    public override void Fail(Exception exception)
    {
        _registration.Unregister();
        _answer.TrySetException(exception);
    }

    private void GiveUp()
    {
        if (Interlocked.CompareExchange(ref _state, GivenUp, Waiting) == Waiting) _answer.TrySetCanceled(_cancellationToken);
    }
}
