namespace Quern.Storage;

/// <summary>A blob could not be written (mostly: the disk is full); nothing of it is visible.</summary>
public sealed class BlobWriteException : IOException
{
    internal BlobWriteException(string folder, long bytes, string error)
        : base($"A file could not be stored below {folder} (after {bytes} bytes): {error}. Make room on that file system and send it again; nothing of it is kept.")
    {
    }
}
