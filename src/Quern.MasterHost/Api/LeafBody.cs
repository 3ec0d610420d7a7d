using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Quern.Protocols.Branch;

namespace Quern.MasterHost.Api;

/// <summary>
/// Takes the bodies of requests to Branch's HTTP API in: a JSON object, a form, or a form in parts. Each is bounded, and all that are
/// held at once together.
/// </summary>
/// <param name="maxBytes">Of one body.</param>
/// <param name="maxHeldBytes">Of all bodies at once. Default 256 MiB: room for many of any real size, and little of a machine's memory.</param>
internal sealed class LeafBody(long maxBytes, long maxHeldBytes = 256L << 20)
{
    private const int PieceBytes = 16 << 10;

    /// <summary>RFC 2046.</summary>
    private const int MaxBoundary = 70;

    private long _held;

    /// <summary>The fields, or why there are none: the status of HTTP and the reply.</summary>
    public async Task<(BranchHttpFields? Fields, int Status, BranchHttpReply Problem)> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength is not { } length) return (null, 200, BranchHttpReply.BadRequest);
        if (length > maxBytes) return (null, StatusCodes.Status413PayloadTooLarge, BranchHttpReply.BadRequest);
        using var body = new MemoryStream();
        long taken = 0;
        try
        {
            var piece = new byte[PieceBytes];
            int read;
            while ((read = await request.Body.ReadAsync(piece, cancellationToken)) > 0)
            {
                taken += read;
                if (Interlocked.Add(ref _held, read) > maxHeldBytes) return (null, StatusCodes.Status503ServiceUnavailable, BranchHttpReply.Failed);
                body.Write(piece, 0, read);
            }
            body.Position = 0;
            var fields = await FieldsAsync(request.ContentType, body, cancellationToken);
            return (fields, 200, BranchHttpReply.Unreadable);
        }
        finally
        {
            Interlocked.Add(ref _held, -taken);
        }
    }

    /// <summary>Null for what cannot be read.</summary>
    private static async Task<BranchHttpFields?> FieldsAsync(string? contentType, MemoryStream body, CancellationToken cancellationToken)
    {
        BranchHttpFields? fields;
        // Without a type it is a form, as with the original.
        if (string.IsNullOrEmpty(contentType)) return BranchHttpFields.TryReadForm(body.ToArray(), out fields) ? fields : null;
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type)) return null;
        return type.MediaType.ToString().ToLowerInvariant() switch
        {
            "application/json" => BranchHttpFields.TryReadJson(body.ToArray(), out fields) ? fields : null,
            "application/x-www-form-urlencoded" => BranchHttpFields.TryReadForm(body.ToArray(), out fields) ? fields : null,
            "multipart/form-data" => await PartsAsync(HeaderUtilities.RemoveQuotes(type.Boundary).ToString(), body, cancellationToken),
            _ => null,
        };
    }

    private static async Task<BranchHttpFields?> PartsAsync(string boundary, MemoryStream body, CancellationToken cancellationToken)
    {
        if (boundary.Length is 0 or > MaxBoundary) return null;
        var parts = new List<KeyValuePair<string, string>>();
        try
        {
            var reader = new MultipartReader(boundary, body);
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (parts.Count == BranchHttpFields.MaxFields) return null;
                string? name = ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
                    ? HeaderUtilities.RemoveQuotes(disposition.Name).Value
                    : null;
                using var text = new StreamReader(section.Body);
                string value = await text.ReadToEndAsync(cancellationToken);
                if (!string.IsNullOrEmpty(name)) parts.Add(new(name, value));
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return null;
        }
        return BranchHttpFields.Of(parts);
    }
}
