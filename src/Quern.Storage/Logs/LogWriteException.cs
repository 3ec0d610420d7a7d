namespace Quern.Storage;

/// <summary>
/// A log could not take bytes (mostly: the disk is full). The writer stays usable and the log readable; the next write that
/// works puts a line before it that says how many bytes are missing.
/// </summary>
public sealed class LogWriteException(string path, string message) : IOException(message)
{
    /// <summary>The file concerned.</summary>
    public string Path { get; } = path;
}
