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
        listeners.MapGet("", (IListenerDesk desk, HttpContext context) => desk.List(context.Caller()) is { } all
            ? Results.Json(new ListenerPage([.. all.Select(ListenerModel.Of)]), ApiJson.Default.ListenerPage)
            : ApiProblem.Forbidden("")).Needs(Right.ListenerList).Produces<ListenerPage>();
        listeners.MapGet("/{listener}", (string listener, IListenerDesk desk, HttpContext context) => Show(desk, context, listener, 200))
            .Needs(Right.ListenerList).Produces<ListenerModel>().ProducesProblem(404);
        listeners.MapPost("", AddAsync).Needs(Right.ListenerCreate).Does(EstateActs.ListenerCreate)
            .Produces<ListenerModel>(201).ProducesProblem(403).ProducesProblem(409).ProducesProblem(422);
        listeners.MapPatch("/{listener}", ChangeAsync).Needs(Right.ListenerUpdate)
            // What cannot be read is refused in its own words, and changes nothing.
            .Does(EstateActs.ListenerUpdate, call => ListenerRequests.Read("", call.Asked<ListenerEditRequest>(), out _) is { } edit && Gravity.Of(edit))
            .Produces<ListenerModel>().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        listeners.MapPost("/{listener}/start", StartAsync).Needs(Right.ListenerUpdate).Does(EstateActs.ListenerUpdate, _ => Gravity.Of(new ListenerEdit("") { Listening = true }))
            .Produces<ListenerModel>().ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        listeners.MapPost("/{listener}/stop", StopAsync).Needs(Right.ListenerUpdate).Does(EstateActs.ListenerUpdate, _ => Gravity.Of(new ListenerEdit("") { Listening = false }))
            .Produces<ListenerModel>().ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        listeners.MapDelete("/{listener}", RemoveAsync).Needs(Right.ListenerDelete).Does(EstateActs.ListenerDelete).Produces(204).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        listeners.MapDelete("/{protocol}/{address}/{port:int}", RemoveAtAsync).Needs(Right.ListenerDelete).Does(EstateActs.ListenerDelete)
            .Produces(204).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
    }

    private static async Task<IResult> AddAsync(ListenerRequest request, IListenerDesk desk, HttpContext context)
    {
        if (ListenerRequests.Read(request, out string mistake) is not { } wanted) return Wrong(mistake);
        return Made(desk, context, await desk.CreateAsync(context.Caller(), wanted, context.RequestAborted), 201);
    }

    private static async Task<IResult> ChangeAsync(string listener, ListenerEditRequest request, IListenerDesk desk, HttpContext context)
    {
        if (ListenerRequests.Read(listener, request, out string mistake) is not { } edit) return Wrong(mistake);
        if (DrainMistake(request.DrainSeconds) is { } wrong) return wrong;
        return Made(desk, context, await desk.UpdateAsync(context.Caller(), edit, context.RequestAborted), 200);
    }

    private static async Task<IResult> StartAsync(string listener, IListenerDesk desk, HttpContext context) =>
        Made(desk, context, await desk.UpdateAsync(context.Caller(), new ListenerEdit(listener) { Listening = true }, context.RequestAborted), 200);

    private static async Task<IResult> StopAsync(string listener, [FromBody] StopRequest? request, IListenerDesk desk, HttpContext context)
    {
        var how = request ?? new StopRequest();
        if (DrainMistake(how.DrainSeconds) is { } wrong) return wrong;
        var edit = new ListenerEdit(listener) { Listening = false, CloseConnections = how.CloseConnections, Drain = ListenerRequests.Seconds(how.DrainSeconds) };
        return Made(desk, context, await desk.UpdateAsync(context.Caller(), edit, context.RequestAborted), 200);
    }

    private static async Task<IResult> RemoveAsync(
        string listener, IListenerDesk desk, HttpContext context,
        [FromQuery(Name = "close_connections")] bool closeConnections = false, [FromQuery(Name = "drain_seconds")] int? drainSeconds = null, long revision = 0)
    {
        if (DrainMistake(drainSeconds) is { } wrong) return wrong;
        var removal = new ListenerRemoval(listener) { CloseConnections = closeConnections, Drain = ListenerRequests.Seconds(drainSeconds), ExpectedRevision = revision };
        return (await desk.RemoveAsync(context.Caller(), removal, context.RequestAborted)).ToResult();
    }

    /// <summary>As it was before listeners had names: with all connections.</summary>
    private static async Task<IResult> RemoveAtAsync(string protocol, string address, int port, IListenerDesk desk, HttpContext context)
    {
        if (!IPAddress.TryParse(address, out var parsed)) return new EstateAnswer(EstateCode.InvalidAddress, $"'{address}' is not an IP address.", "address").ToProblem();
        var found = (desk.List(context.Caller() with { Principal = new Principal("farm", [Right.ListenerList]) }) ?? [])
            .FirstOrDefault(l => l.Protocol == protocol && l.Address == parsed.ToString() && (l.Port == port || l.Open?.Port == port));
        if (found is null) return ApiProblem.NotFound($"There is no listener {protocol} {EndPoints.Text(parsed, port)}.");
        return (await desk.RemoveAsync(context.Caller(), new ListenerRemoval($"{found.Id}") { CloseConnections = true }, context.RequestAborted)).ToResult();
    }

    private static IResult Made(IListenerDesk desk, HttpContext context, EstateAnswer answer, int status) =>
        answer.ToResult(() => Show(desk, context, answer.Id, status));

    private static IResult Show(IListenerDesk desk, HttpContext context, string listener, int status)
    {
        // Who may change one sees what became of it, also without the right to list.
        var all = desk.List(context.Caller() with { Principal = new Principal("farm", [Right.ListenerList]) }) ?? [];
        return ListenerDesk.Find(all, listener) is { } found
            ? Results.Json(ListenerModel.Of(found), ApiJson.Default.ListenerModel, statusCode: status)
            : ApiProblem.NotFound($"There is no listener '{ListenerRules.Shown(listener)}'.");
    }

    private static IResult? DrainMistake(int? seconds) =>
        seconds is < 0 or > MaxDrainSeconds ? Wrong(FormattableString.Invariant($"'drain_seconds' must be from 0 to {MaxDrainSeconds}."), "drain_seconds") : null;

    private static IResult Wrong(string mistake, string field = "") => new EstateAnswer(EstateCode.InvalidOptions, mistake, field).ToProblem();
}
