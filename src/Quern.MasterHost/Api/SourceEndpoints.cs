using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Managed extra sources: files that recipes name by id.</summary>
internal static class SourceEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/sources", AddAsync).Needs(Right.SourceWrite).Produces<SourceModel>(201).Produces<SourceModel>()
            .ProducesProblem(400).ProducesProblem(409).ProducesProblem(413);
        api.MapGet("/sources", ListAsync).Needs(Right.SourceRead).Produces<SourcePage>();
        api.MapGet("/sources/{id}", ShowAsync).Needs(Right.SourceRead).Produces<SourceModel>().ProducesProblem(404);
        api.MapDelete("/sources/{id}", RemoveAsync).Needs(Right.SourceWrite).Produces(204).ProducesProblem(404);
    }

    /// <summary>The body is the file itself.</summary>
    /// <param name="id">The id that another farm gave it; null makes a new one.</param>
    private static async Task<IResult> AddAsync(
        string filename, FarmStore store, BlobStore blobs, LimitSettings limits, HttpContext context, string description = "", string? id = null)
    {
        if (!IsFileName(filename)) return ApiProblem.Bad("'filename' must be 1 to 200 characters of A-Z a-z 0-9 . _ + ~ - @ and must not begin with a dot.");
        if (description.Length > 1000) return ApiProblem.Bad("'description' must have at most 1000 characters.");
        if (id is not null && !IsId(id)) return ApiProblem.Bad("'id' must be a UUID in lower-case letters, as 3f2504e0-4f89-41d3-9a0c-0305e82c3301.");
        if (await UploadedBody.StoreAsync(context, blobs, limits.SourceBytes) is not { } stored)
            return ApiProblem.Result(413, "Too large", $"A source may have {limits.SourceBytes} bytes; the limit is limits.source_bytes in quern.yaml.");
        var actor = context.Principal().Actor;
        bool added = true;
        if (id is null) id = await store.AddSourceAsync(filename, description, stored.Sha256, stored.Bytes, actor, context.RequestAborted);
        else added = await store.ImportSourceAsync(id, filename, description, stored.Sha256, stored.Bytes, actor, context.RequestAborted);
        var source = await store.FindSourceAsync(id, context.RequestAborted);
        if (source is null) return ApiProblem.NotFound("The source was removed meanwhile.");
        if (!added && source.Sha256 != stored.Sha256) return ApiProblem.Conflict($"Another file has the id {id}: {source.Filename}, SHA-256 {source.Sha256}. It stays.");
        return Results.Json(SourceModel.Of(source), ApiJson.Default.SourceModel, statusCode: added ? 201 : 200);
    }

    private static async Task<IResult> ListAsync(FarmStore store, CancellationToken cancellationToken, string? after = null, int limit = 200)
    {
        if (ApiProblem.OfLimit(limit) is { } wrong) return wrong;
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

    private static bool IsId(string id) => Guid.TryParseExact(id, "D", out var parsed) && parsed.ToString("D") == id;

    private static IResult NoSource() => ApiProblem.NotFound("There is no source of that id.");
}
