namespace Quern.Storage;

/// <summary>More bytes came for a blob than its writer was allowed; nothing of it is kept.</summary>
public sealed class BlobTooLargeException(long maxBytes)
    : IOException($"The file is larger than the {maxBytes} bytes allowed for it; nothing of it is kept. Raise the limit or make the file smaller.")
{
    public long MaxBytes { get; } = maxBytes;
}
