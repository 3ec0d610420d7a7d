using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>Who did what to the estate, and who tried.</summary>
internal static class AuditEndpoints
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/audit", QueryAsync).Needs(Right.AuditRead).Produces<AuditPage>().ProducesProblem(400).ProducesProblem(403);

    /// <summary>Oldest first. <c>kind</c> is what kinds begin with; left out, everything that people do to the estate.</summary>
    private static async Task<IResult> QueryAsync(
        IAuditDesk desk, HttpContext context, DateTimeOffset? since = null, DateTimeOffset? until = null, string? actor = null, string? kind = null, string? after = null,
        int limit = 200)
    {
        if (ApiProblem.OfLimit(limit) is { } wrong) return wrong;
        if (kind?.Length > 64 || actor?.Length > 128) return ApiProblem.Bad("'kind' has at most 64 characters and 'actor' 128.");
        var page = await desk.QueryAsync(context.Caller(), new AuditQuery(since, until, actor ?? "", kind ?? "", limit, after ?? ""), context.RequestAborted);
        return page is null
            ? ApiProblem.Forbidden($"This needs the right '{Right.AuditRead}'.")
            : Results.Json(new AuditPage([.. page.Items.Select(AuditModel.Of)], page.Next.Length == 0 ? null : page.Next), ApiJson.Default.AuditPage);
    }
}
