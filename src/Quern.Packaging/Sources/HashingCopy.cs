using System.Buffers;
using System.Security.Cryptography;
using Quern.Model;

namespace Quern.Packaging.Sources;

/// <summary>Copies bytes into a new file, counting and hashing them on the way.</summary>
internal static class HashingCopy
{
    /// <returns>Null when there were more than <paramref name="maxBytes"/>.</returns>
    public static async Task<StoredBlob?> ToFileAsync(Stream from, string target, long maxBytes, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 17);
        try
        {
            await using var file = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, useAsync: true);
            long total = 0;
            int read;
            while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
            {
                total += read;
                if (total > maxBytes) return null;
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
            return new StoredBlob(Sha256Hash.FromBytes(hash.GetHashAndReset()), total);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
