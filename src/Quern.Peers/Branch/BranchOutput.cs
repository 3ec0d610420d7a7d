namespace Quern.Peers.Branch;

/// <summary>Writes to one Branch program, each time at once and within the time that a live peer needs to take it.</summary>
internal sealed class BranchOutput(Stream stream, BranchOptions options, TimeProvider time)
{
    /// <summary>The empty text, or why the connection must end.</summary>
    /// <param name="what">What is written, for that reason: <c>an answer</c>.</param>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<string> WriteAsync(ReadOnlyMemory<byte> bytes, string what, CancellationToken cancellationToken)
    {
        using var slow = new CancellationTokenSource(options.SendDeadline, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, slow.Token);
        try
        {
            await stream.WriteAsync(bytes, both.Token);
            return "";
        }
        catch (OperationCanceledException) when (slow.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return $"it did not take {what} within {options.SendDeadline.TotalSeconds:0} s";
        }
    }
}
