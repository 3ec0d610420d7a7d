using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Managed extra sources: files that recipes name by id.</summary>
internal static class SourceEndpoints
{
    private const int BufferBytes = 128 << 10;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/sources", AddAsync).Needs(Right.SourceWrite).Produces<SourceModel>(201).ProducesProblem(400).ProducesProblem(413);
        api.MapGet("/sources", ListAsync).Needs(Right.SourceRead).Produces<SourcePage>();
        api.MapGet("/sources/{id}", ShowAsync).Needs(Right.SourceRead).Produces<SourceModel>().ProducesProblem(404);
        api.MapDelete("/sources/{id}", RemoveAsync).Needs(Right.SourceWrite).Produces(204).ProducesProblem(404);
    }

    /// <summary>The body is the file itself.</summary>
    private static async Task<IResult> AddAsync(
        string filename, FarmStore store, BlobStore blobs, LimitSettings limits, HttpContext context, string description = "")
    {
        if (!IsFileName(filename)) return ApiProblem.Bad("'filename' must be 1 to 200 characters of A-Z a-z 0-9 . _ + ~ - @ and must not begin with a dot.");
        if (description.Length > 1000) return ApiProblem.Bad("'description' must have at most 1000 characters.");
        if (context.Request.ContentLength > limits.SourceBytes) return TooLarge(limits);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = limits.SourceBytes + 1;

        await using var writer = blobs.Create(limits.SourceBytes);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        StoredBlob stored;
        try
        {
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
                await writer.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            stored = await writer.CommitAsync(context.RequestAborted);
        }
        catch (BlobTooLargeException)
        {
            return TooLarge(limits);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        string id = await store.AddSourceAsync(filename, description, stored.Sha256, stored.Bytes, context.Principal().Actor, context.RequestAborted);
        var source = await store.FindSourceAsync(id, context.RequestAborted);
        return source is null ? ApiProblem.NotFound("The source was removed meanwhile.") : Results.Json(SourceModel.Of(source), ApiJson.Default.SourceModel, statusCode: 201);
    }

    private static async Task<IResult> ListAsync(FarmStore store, CancellationToken cancellationToken, string? after = null, int limit = 200)
    {
        if (limit is < 1 or > 1000) return ApiProblem.Bad("'limit' must be from 1 to 1000.");
        var rows = (await store.ListSourcesAsync(cancellationToken)).OrderBy(s => s.Id, StringComparer.Ordinal)
            .Where(s => after is null || string.CompareOrdinal(s.Id, after) > 0).Take(limit + 1).ToList();
        return Results.Json(new SourcePage([.. rows.Take(limit).Select(SourceModel.Of)], rows.Count > limit ? rows[limit - 1].Id : null), ApiJson.Default.SourcePage);
    }

    private static async Task<IResult> ShowAsync(string id, FarmStore store, CancellationToken cancellationToken) =>
        await store.FindSourceAsync(id, cancellationToken) is { } source ? Results.Json(SourceModel.Of(source), ApiJson.Default.SourceModel) : NoSource();

    private static async Task<IResult> RemoveAsync(string id, FarmStore store, HttpContext context) =>
        await store.RemoveSourceAsync(id, context.Principal().Actor, context.RequestAborted) ? Results.NoContent() : NoSource();

    private static bool IsFileName(string name) =>
        name.Length is > 0 and <= 200 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '+' or '~' or '-' or '@');

    private static IResult TooLarge(LimitSettings limits) =>
        ApiProblem.Result(413, "Too large", $"A source may have {limits.SourceBytes} bytes; the limit is limits.source_bytes in quern.yaml.");

    private static IResult NoSource() => ApiProblem.NotFound("There is no source of that id.");
}
