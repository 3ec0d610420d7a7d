using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Peers.Branch;
using Quern.Protocols.Branch;

namespace Quern.MasterHost.Api;

/// <summary>The repository for leaf on the port of API and pages.</summary>
internal static class LeafEndpoints
{
    /// <summary>What a static copy of the repository is made from.</summary>
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/leaf/packages", ListAsync).Needs(Right.PackageRead).Produces<LeafPage>().ProducesProblem(400);

    /// <summary>
    /// Branch's HTTP API beside the console. It looks after its own keys, so it is open to all here; the address of the home page is
    /// its own only for questions, which <see cref="LeafQuestionPolicy"/> tells apart.
    /// </summary>
    public static void MapShared(IEndpointRouteBuilder app, LeafAnswers answers)
    {
        app.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], answers.HandleAsync).Open().WithMetadata(new LeafQuestion());
        app.MapMethods("/", [HttpMethods.Options], answers.HandleAsync).Open();
        foreach (string path in BranchHttpRouting.PostPaths) app.MapMethods(path, [HttpMethods.Post, HttpMethods.Options], answers.HandleAsync).Open();
    }

    /// <summary>The newest version of every package, by name; the name of the last is the next page's <c>after</c>.</summary>
    private static async Task<IResult> ListAsync(LeafBook book, CancellationToken cancellationToken, string? after = null, int limit = 200)
    {
        if (ApiProblem.OfLimit(limit) is { } wrong) return wrong;
        var rows = (await book.ShelfAsync(cancellationToken)).Newest.Where(e => after is null || string.CompareOrdinal(e.Name.Value, after) > 0).Take(limit + 1).ToImmutableArray();
        return Results.Json(new LeafPage([.. rows.Take(limit).Select(ModelOf)], rows.Length > limit ? rows[limit - 1].Name.Value : null), ApiJson.Default.LeafPage);
    }

    private static LeafPackageModel ModelOf(LeafEntry e) => new(
        e.Name.Value, e.RealVersion, e.Version, e.Description, [.. e.Dependencies.Select(d => d.Value)], Words.Of(e.Artifact.Environment), e.Artifact.Architecture,
        e.Md5, e.Artifact.Sha256.Hex, e.Artifact.Bytes);
}
