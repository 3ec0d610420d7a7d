using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>The farm's doors, opened, changed and closed while it runs. A listener is named by its number or its name.</summary>
internal static class ListenerEndpoints
{
    private const int MaxDrainSeconds = 7 * 24 * 3600;

    public static void Map(IEndpointRouteBuilder api)
    {
        var listeners = api.MapGroup("/listeners");
        listeners.MapGet("", (IListenerDesk desk, HttpContext context) => desk.List(CallerOf(context)) is { } all
            ? Results.Json(new ListenerPage([.. all.Select(ListenerModel.Of)]), ApiJson.Default.ListenerPage)
            : ApiProblem.Forbidden("")).Needs(Right.ListenerList).Produces<ListenerPage>();
        listeners.MapGet("/{listener}", (string listener, IListenerDesk desk, HttpContext context) => Show(desk, context, listener, 200))
            .Needs(Right.ListenerList).Produces<ListenerModel>().ProducesProblem(404);
        listeners.MapPost("", AddAsync).Needs(Right.ListenerCreate).Produces<ListenerModel>(201).ProducesProblem(400).ProducesProblem(409);
        listeners.MapPatch("/{listener}", ChangeAsync).Needs(Right.ListenerUpdate).Produces<ListenerModel>().ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        listeners.MapPost("/{listener}/start", StartAsync).Needs(Right.ListenerUpdate).Produces<ListenerModel>().ProducesProblem(404).ProducesProblem(409);
        listeners.MapPost("/{listener}/stop", StopAsync).Needs(Right.ListenerUpdate).Produces<ListenerModel>().ProducesProblem(404).ProducesProblem(409);
        listeners.MapDelete("/{listener}", RemoveAsync).Needs(Right.ListenerDelete).Produces(204).ProducesProblem(404).ProducesProblem(409);
        listeners.MapDelete("/{protocol}/{address}/{port:int}", RemoveAtAsync).Needs(Right.ListenerDelete).Produces(204).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<IResult> AddAsync(ListenerRequest request, IListenerDesk desk, HttpContext context)
    {
        if (ListenerRequests.Read(request, out string mistake) is not { } wanted) return ApiProblem.Bad(mistake);
        return Made(desk, context, await desk.CreateAsync(CallerOf(context), wanted, context.RequestAborted), 201);
    }

    private static async Task<IResult> ChangeAsync(string listener, ListenerEditRequest request, IListenerDesk desk, HttpContext context)
    {
        if (ListenerRequests.Read(listener, request, out string mistake) is not { } edit) return ApiProblem.Bad(mistake);
        if (DrainMistake(request.DrainSeconds) is { } wrong) return wrong;
        return Made(desk, context, await desk.UpdateAsync(CallerOf(context), edit, context.RequestAborted), 200);
    }

    private static async Task<IResult> StartAsync(string listener, IListenerDesk desk, HttpContext context) =>
        Made(desk, context, await desk.UpdateAsync(CallerOf(context), new ListenerEdit(listener) { Listening = true }, context.RequestAborted), 200);

    private static async Task<IResult> StopAsync(string listener, [FromBody] StopRequest? request, IListenerDesk desk, HttpContext context)
    {
        var how = request ?? new StopRequest();
        if (DrainMistake(how.DrainSeconds) is { } wrong) return wrong;
        var edit = new ListenerEdit(listener) { Listening = false, CloseConnections = how.CloseConnections, Drain = ListenerRequests.Seconds(how.DrainSeconds) };
        return Made(desk, context, await desk.UpdateAsync(CallerOf(context), edit, context.RequestAborted), 200);
    }

    private static async Task<IResult> RemoveAsync(
        string listener, IListenerDesk desk, HttpContext context,
        [FromQuery(Name = "close_connections")] bool closeConnections = false, [FromQuery(Name = "drain_seconds")] int? drainSeconds = null, long revision = 0)
    {
        if (DrainMistake(drainSeconds) is { } wrong) return wrong;
        var removal = new ListenerRemoval(listener) { CloseConnections = closeConnections, Drain = ListenerRequests.Seconds(drainSeconds), ExpectedRevision = revision };
        return Removed(await desk.RemoveAsync(CallerOf(context), removal, context.RequestAborted));
    }

    /// <summary>As it was before listeners had names: with all connections.</summary>
    private static async Task<IResult> RemoveAtAsync(string protocol, string address, int port, IListenerDesk desk, HttpContext context)
    {
        if (!IPAddress.TryParse(address, out var parsed)) return ApiProblem.Bad($"'{address}' is not an IP address.");
        var found = (desk.List(CallerOf(context) with { Principal = new Principal("farm", [Right.ListenerList]) }) ?? [])
            .FirstOrDefault(l => l.Protocol == protocol && l.Address == parsed.ToString() && (l.Port == port || l.Open?.Port == port));
        if (found is null) return ApiProblem.NotFound($"There is no listener {protocol} {EndPoints.Text(parsed, port)}.");
        return Removed(await desk.RemoveAsync(CallerOf(context), new ListenerRemoval($"{found.Id}") { CloseConnections = true }, context.RequestAborted));
    }

    private static IResult Removed(EstateAnswer answer) => answer.Succeeded ? Results.NoContent() : Problem(answer);

    private static IResult Made(IListenerDesk desk, HttpContext context, EstateAnswer answer, int status) =>
        answer.Succeeded ? Show(desk, context, answer.Id, status) : Problem(answer);

    private static IResult Show(IListenerDesk desk, HttpContext context, string listener, int status)
    {
        // Who may change one sees what became of it, also without the right to list.
        var all = desk.List(CallerOf(context) with { Principal = new Principal("farm", [Right.ListenerList]) }) ?? [];
        return ListenerDesk.Find(all, listener) is { } found
            ? Results.Json(ListenerModel.Of(found), ApiJson.Default.ListenerModel, statusCode: status)
            : ApiProblem.NotFound($"There is no listener '{ListenerRules.Shown(listener)}'.");
    }

    private static IResult Problem(EstateAnswer answer) => answer.Code switch
    {
        EstateCode.Denied => ApiProblem.Forbidden(answer.Detail),
        EstateCode.NotFound => ApiProblem.NotFound(answer.Detail),
        EstateCode.InvalidName or EstateCode.InvalidAddress or EstateCode.InvalidPort or EstateCode.InvalidCertificate or EstateCode.InvalidOptions or
            EstateCode.UnknownUser => ApiProblem.Bad(answer.Detail),
        _ => ApiProblem.Conflict(answer.Detail),
    };

    private static IResult? DrainMistake(int? seconds) =>
        seconds is < 0 or > MaxDrainSeconds ? ApiProblem.Bad(FormattableString.Invariant($"'drain_seconds' must be from 0 to {MaxDrainSeconds}.")) : null;

    private static Caller CallerOf(HttpContext context) => new(context.Principal(), context.Connection.RemoteIpAddress ?? IPAddress.None, "http");
}
