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
internal sealed class WriteOperation<T>(Func<WriteSession, ValueTask<T>> body, CancellationToken cancellationToken) : WriteOperation
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Task => _answer.Task;

    public override bool TryStart()
    {
        if (!cancellationToken.IsCancellationRequested) return true;
        _answer.TrySetCanceled(cancellationToken);
        return false;
    }

    public override async ValueTask RunAsync(WriteSession session) => _result = await body(session);

    public override void Answer() => _answer.TrySetResult(_result!);

    public override void Fail(Exception exception) => _answer.TrySetException(exception);
}
