using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>The journal as it grows.</summary>
internal static class EventEndpoints
{
    /// <summary>Events taken from the journal at once; a flush follows each time.</summary>
    private const int BatchEvents = 500;

    /// <summary>A proxy gives up a silent connection after a minute or so.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/events", FollowAsync).Needs(Right.EventRead).WithoutEnd().Produces(200, contentType: "text/event-stream");

    /// <summary>Without end. Resumes after <c>Last-Event-ID</c>, else <c>after</c> (a number, or <c>newest</c>, also when left out).</summary>
    private static async Task FollowAsync(
        HttpContext context, FarmStore store, EventFrames frames, [FromKeyedServices("streams")] StreamSlots slots, TimeProvider time, IHostApplicationLifetime lifetime,
        string? after = null, string? kind = null, string? @as = null)
    {
        string from = context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last ? last : after ?? "newest";
        long sequence = store.LastSequence;
        if (from != "newest" && (!long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out sequence)))
        {
            await ApiProblem.Write(context, 400, "Bad request", "'after' must be the number of an event or 'newest'.");
            return;
        }
        using var slot = slots.TryTake();
        if (slot is null)
        {
            context.Response.Headers.RetryAfter = "10";
            await ApiProblem.Write(context, 503, "Busy", "Too many event streams are open; try again later.");
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await StreamAsync(context, store, frames, time, sequence, KindFilter.Parse(kind), context.Principal().May(Right.AuditRead), @as == "message", ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The listener went away, or the master stops: a stream has no other end.
        }
    }

    /// <param name="people">Whether events that tell of people are shown: they carry e-mail and addresses.</param>
    private static async Task StreamAsync(
        HttpContext context, FarmStore store, EventFrames frames, TimeProvider time, long after, KindFilter filter, bool people, bool unnamed, CancellationToken ending)
    {
        ServerSentEvents.Begin(context);
        var output = context.Response.BodyWriter;
        // The first thing a listener hears: where its stream begins, so that it can resume even before an event came.
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: 1000\nid: {after}\nevent: start\ndata: {{\"after\":{after}}}\n\n"), output);
        await output.FlushAsync(ending);
        while (true)
        {
            var events = await store.ReadJournalAsync(after, BatchEvents, ending);
            if (events.IsEmpty)
            {
                using var beat = new CancellationTokenSource(Heartbeat, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(beat.Token, ending);
                try
                {
                    await store.WaitPastAsync(after, either.Token);
                }
                catch (OperationCanceledException) when (beat.IsCancellationRequested && !ending.IsCancellationRequested)
                {
                    Encoding.UTF8.GetBytes(": beat\n\n", output);
                    await output.FlushAsync(ending);
                }
                continue;
            }
            bool any = false;
            foreach (var farmEvent in events)
            {
                if (!filter.Takes(farmEvent.Kind) || (!people && EventKinds.IsOfPeople(farmEvent.Kind))) continue;
                ServerSentEvents.Write(output, unnamed ? null : farmEvent.Kind, farmEvent.Sequence, frames.Of(farmEvent));
                any = true;
            }
            after = events[^1].Sequence;
            // Waits while the listener is slow: its memory here is one batch.
            if (any && (await output.FlushAsync(ending)).IsCompleted) return;
        }
    }
}
