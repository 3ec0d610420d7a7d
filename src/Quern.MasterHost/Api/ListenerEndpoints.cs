using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.MasterHost.Listeners;

using Quern.Model;

namespace Quern.MasterHost.Api;

/// <summary>The farm's doors, opened and closed while it runs.</summary>
internal static class ListenerEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/listeners", (ListenerHost host) => Results.Json(new ListenerPage(host.List()), ApiJson.Default.ListenerPage))
            .Needs(Right.ListenerList).Produces<ListenerPage>();
        api.MapPost("/listeners", AddAsync).Needs(Right.ListenerCreate).Produces<ListenerModel>(201).ProducesProblem(400).ProducesProblem(409);
        api.MapDelete("/listeners/{protocol}/{address}/{port:int}", RemoveAsync).Needs(Right.ListenerDelete).Produces(204).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<IResult> AddAsync(ListenerRequest request, ListenerHost host, HttpContext context)
    {
        if (!ListenerProtocols.IsKnown(request.Protocol)) return ApiProblem.Bad(ListenerProtocols.Unknown(request.Protocol));
        if (!EndPoints.TryParseAddress(request.Address ?? "127.0.0.1", out var address)) return ApiProblem.Bad($"'{request.Address}' is not an IP address.");
        if (request.Port is < 0 or > 65535) return ApiProblem.Bad("'port' must be from 0 to 65535.");
        if (ListenerRevisions.TryRead(request.Protocol, request.Revisions ?? [], out string mistake) is not { } revisions) return ApiProblem.Bad(mistake);
        var (opened, problem) = await host.AddAsync(request.Protocol, address, request.Port, revisions, context.Principal().Actor, context.RequestAborted);
        return opened is null ? ApiProblem.Conflict(problem) : Results.Json(opened, ApiJson.Default.ListenerModel, statusCode: 201);
    }

    private static async Task<IResult> RemoveAsync(string protocol, string address, int port, ListenerHost host, HttpContext context)
    {
        if (!IPAddress.TryParse(address, out var parsed)) return ApiProblem.Bad($"'{address}' is not an IP address.");
        return await host.RemoveAsync(protocol, parsed, port, context.Principal().Actor, context.RequestAborted) switch
        {
            null => Results.NoContent(),
            "" => ApiProblem.NotFound($"There is no listener {protocol} {EndPoints.Text(parsed, port)}."),
            var owned => ApiProblem.Conflict(owned),
        };
    }
}
