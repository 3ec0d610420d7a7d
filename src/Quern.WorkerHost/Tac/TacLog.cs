namespace Quern.WorkerHost;

/// <summary>Where the log of a worker's folder goes.</summary>
internal abstract record TacLog
{
    private TacLog() { }

    public sealed record Stdout : TacLog;

    /// <param name="Path">Relative to the folder or absolute.</param>
    /// <param name="RotateBytes">A new file is begun when it is as long; null for never.</param>
    /// <param name="MaxRotated">Old files kept; null for all.</param>
    public sealed record File(string Path, long? RotateBytes, int? MaxRotated) : TacLog;
}
