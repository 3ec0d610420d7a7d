using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Probes: alive, and able to take work.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/healthz", () => Results.Text("ok\n")).Open().ExcludeFromDescription();
        app.MapGet("/readyz", ReadyAsync).Open().ExcludeFromDescription();
    }

    private static async Task<IResult> ReadyAsync(FarmStore store, Readiness readiness, CancellationToken cancellationToken)
    {
        if (!readiness.Ready) return Results.Text("starting\n", statusCode: 503);
        try
        {
            await store.FindJobAsync("0", cancellationToken);
            return Results.Text("ready\n");
        }
        catch (System.Data.Common.DbException)
        {
            return Results.Text("the database does not answer\n", statusCode: 503);
        }
    }
}

/// <summary>Whether the master has started as a whole.</summary>
internal sealed class Readiness
{
    /// <summary>Set once, when everything is open; cleared when the master stops.</summary>
    public bool Ready
    {
        get => Volatile.Read(ref _ready);
        set => Volatile.Write(ref _ready, value);
    }

    private bool _ready;
}
