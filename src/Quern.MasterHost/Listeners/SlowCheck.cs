namespace Quern.MasterHost.Listeners;

/// <summary>A password that waits to be checked, or is being checked. Changed under the lock of <see cref="SlowChecks"/> alone.</summary>
/// <param name="mark">As <see cref="PasswordMarks"/> makes it.</param>
/// <param name="text">What the hash is of.</param>
internal sealed class SlowCheck(byte[] mark, string text)
{
    public byte[] Mark { get; } = mark;

    public string Text { get; } = text;

    /// <summary>Who waits for it; a worker that gave up and came again takes its own place.</summary>
    public TaskCompletionSource<bool> Asked { get; private set; } = New();

    /// <summary>The same worker came again: whoever waited before is let go, and the place in the line is kept.</summary>
    public Task<bool> AskAgain()
    {
        Asked.TrySetCanceled();
        Asked = New();
        return Asked.Task;
    }

    private static TaskCompletionSource<bool> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
