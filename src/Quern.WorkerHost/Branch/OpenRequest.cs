namespace Quern.WorkerHost;

/// <summary>A request that the master has not answered yet.</summary>
/// <param name="bytes">Of the file that is the answer; 0 for a frame.</param>
/// <param name="target">Takes them; null for a frame.</param>
internal sealed class OpenRequest(long bytes, Stream? target)
{
    /// <summary>The body of the answer; empty for a file.</summary>
    public TaskCompletionSource<byte[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Stream? Target => target;

    /// <summary>By the reading loop alone.</summary>
    public long BytesLeft { get; set; } = bytes;
}
