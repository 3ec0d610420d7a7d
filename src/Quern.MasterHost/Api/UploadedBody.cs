using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>A request's body that is a file: it goes into the blob store as it comes.</summary>
internal static class UploadedBody
{
    private const int BufferBytes = 128 << 10;

    /// <summary>The stored bytes; null when there are more than <paramref name="maxBytes"/>, of which nothing is kept then.</summary>
    public static async Task<StoredBlob?> StoreAsync(HttpContext context, BlobStore blobs, long maxBytes)
    {
        if (context.Request.ContentLength > maxBytes) return null;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = maxBytes + 1;
        await using var writer = blobs.Create(maxBytes);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
                await writer.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            return await writer.CommitAsync(context.RequestAborted);
        }
        catch (BlobTooLargeException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
