using Quern.Model;

namespace Quern.Storage;

/// <summary>What reading a blob again and hashing it has shown.</summary>
public abstract record BlobCheck
{
    private BlobCheck() { }

    public sealed record Whole(long Bytes) : BlobCheck;

    /// <summary>The bytes on disk are not those that were stored.</summary>
    public sealed record Damaged(Sha256Hash Actual, long Bytes) : BlobCheck;

    public sealed record Missing : BlobCheck;
}
