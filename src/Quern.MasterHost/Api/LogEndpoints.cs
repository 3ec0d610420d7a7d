using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Logs: by page, whole, and as they grow.</summary>
internal static class LogEndpoints
{
    private const int MaxLines = 5000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs/{job}/log", PageAsync).Needs(Right.JobRead).Produces<LogModel>().ProducesProblem(404).ProducesProblem(410);
        api.MapGet("/jobs/{job}/log/text", TextAsync).Needs(Right.JobRead).Produces(200, contentType: "text/plain").ProducesProblem(404).ProducesProblem(410);
        api.MapGet("/jobs/{job}/log/follow", FollowAsync).Needs(Right.JobRead).WithoutEnd().Produces(200, contentType: "text/event-stream").ProducesProblem(404).ProducesProblem(410);
    }

    /// <param name="from">The first line, from 1; below 0 counts from the end.</param>
    /// <param name="attempt">0 for the newest.</param>
    /// <param name="name">Of a followed log file; empty for the job's own output.</param>
    /// <param name="step">Only what this step wrote, by its position; 0 for all.</param>
    private static async Task<IResult> PageAsync(
        string job, FarmStore store, LogStore logs, CancellationToken cancellationToken, long from = 1, int lines = 1000, int attempt = 0, string name = "", int step = 0)
    {
        if (lines is < 1 or > MaxLines) return ApiProblem.Bad($"'lines' must be from 1 to {MaxLines}.");
        if (await store.FindJobAsync(job, cancellationToken) is not { } row) return JobEndpoints.NoJob(job);
        if (row.LogDeletedAt is { } deletedAt) return Gone(row, deletedAt);
        using var reader = await OpenAsync(logs, row, attempt, name, cancellationToken);
        if (reader is null) return Results.Json(new LogModel(1, [], 0, 1, row.State.IsFinished()), ApiJson.Default.LogModel);
        if (step > 0)
        {
            if (await RangeAsync(store, row, attempt, step, cancellationToken) is not { } range) return NoStep(row, step);
            from = from < 0 ? Math.Max(range.First, range.Last + 1 + from) : Math.Max(range.First, from);
            lines = (int)Math.Clamp(range.Last + 1 - from, 0, lines);
        }
        var page = await reader.ReadAsync(Math.Max(1, from), from < 0 ? 0 : lines, cancellationToken);
        if (from < 0) page = await reader.ReadAsync(Math.Max(1, page.TotalLines + 1 + from), lines, cancellationToken);
        return Results.Json(LogModel.Of(page), ApiJson.Default.LogModel);
    }

    private static async Task<IResult> TextAsync(string job, FarmStore store, LogStore logs, HttpContext context, int attempt = 0, string name = "", int step = 0)
    {
        if (await store.FindJobAsync(job, context.RequestAborted) is not { } row) return JobEndpoints.NoJob(job);
        if (row.LogDeletedAt is { } deletedAt) return Gone(row, deletedAt);
        using var reader = await OpenAsync(logs, row, attempt, name, context.RequestAborted);
        LogRange? range = null;
        if (step > 0 && (range = await RangeAsync(store, row, attempt, step, context.RequestAborted)) is null) return NoStep(row, step);
        context.Response.ContentType = "text/plain; charset=utf-8";
        if (reader is not null && range is not null) await CopyRangeAsync(reader, range, context);
        else if (reader is not null) await reader.CopyTextAsync(context.Response.Body, context.RequestAborted);
        return Results.Empty;
    }

    private static async Task CopyRangeAsync(LogReader reader, LogRange range, HttpContext context)
    {
        for (long from = range.First; from <= range.Last;)
        {
            var page = await reader.ReadAsync(from, (int)Math.Min(MaxLines, range.Last + 1 - from), context.RequestAborted);
            if (page.Lines.IsEmpty) return;
            foreach (var line in page.Lines) await context.Response.WriteAsync(line.Text + "\n", context.RequestAborted);
            from = page.NextLine;
        }
    }

    /// <summary>The lines of a step; null when the attempt has no such step so far.</summary>
    private static async Task<LogRange?> RangeAsync(FarmStore store, JobRow row, int attempt, int step, CancellationToken cancellationToken)
    {
        var steps = await store.ListStepsAsync(row.Id, attempt > 0 ? attempt : row.Attempt, cancellationToken);
        return steps.FirstOrDefault(s => s.Position == step) is { } found
            ? new LogRange(found.FirstLine, found.State == StepState.Running ? long.MaxValue - 1 : found.FirstLine + found.Lines - 1)
            : null;
    }

    private static IResult NoStep(JobRow row, int step) =>
        ApiProblem.NotFound(string.Create(CultureInfo.InvariantCulture, $"Job {row.Number} has no step {step} so far; a step is named by its position."));

    private sealed record LogRange(long First, long Last);

    /// <summary>Pages as events <c>lines</c>, then one <c>end</c> with the job's state. Resumes after <c>Last-Event-ID</c>.</summary>
    private static async Task<IResult> FollowAsync(
        string job, FarmStore store, LogStore logs, HttpContext context, [FromKeyedServices("streams")] StreamSlots slots, IHostApplicationLifetime lifetime, long from = 1)
    {
        if (await store.FindJobAsync(job, context.RequestAborted) is not { } row) return JobEndpoints.NoJob(job);
        if (row.LogDeletedAt is { } deletedAt) return Gone(row, deletedAt);
        if (long.TryParse(context.Request.Headers["Last-Event-ID"].ToString(), out long last)) from = last + 1;
        using var slot = slots.TryTake();
        if (slot is null) return ApiProblem.Result(503, "Busy", "Too many streams are open; try again later.");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await StreamAsync(row, store, logs, context, from, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The reader went away, or the master stops.
        }
        return Results.Empty;
    }

    private static async Task StreamAsync(JobRow row, FarmStore store, LogStore logs, HttpContext context, long from, CancellationToken ending)
    {
        ServerSentEvents.Begin(context);
        var output = context.Response.BodyWriter;
        await output.FlushAsync(ending);
        long next = Math.Max(1, from);
        int attempt = row.Attempt;
        while (true)
        {
            long seen = store.LastSequence;
            row = await store.FindJobAsync(row.Id.ToString(), ending) ?? row;
            if (row.Attempt != attempt) (attempt, next) = (row.Attempt, 1);   // lost and started again: another log
            bool open;
            using (var reader = await OpenAsync(logs, row, attempt, "", ending))
            {
                open = reader is not null;
                if (reader is not null)
                {
                    await foreach (var page in reader.FollowAsync(next, ending))
                    {
                        next = page.NextLine;
                        ServerSentEvents.Write(output, "lines", next - 1, JsonSerializer.SerializeToUtf8Bytes(LogModel.Of(page), ApiJson.Default.LogModel));
                        await output.FlushAsync(ending);
                    }
                }
            }
            if (row.State.IsFinished()) break;
            // The log is closed a moment before the outcome is stored, and opened a moment after the start is, which is no event.
            if (open || row.State != JobState.Running) await store.WaitPastAsync(seen, ending);
            else await OpenOrChangedAsync(row, store, logs, seen, ending);
        }
        ServerSentEvents.Write(output, "end", null, JsonSerializer.SerializeToUtf8Bytes(JobModel.Of(row), ApiJson.Default.JobModel));
        await output.FlushAsync(ending);
    }

    private static IResult Gone(JobRow row, DateTimeOffset deletedAt) => ApiProblem.Result(
        StatusCodes.Status410Gone, "Gone",
        $"The log of job {row.Number} was deleted by retention on {deletedAt.UtcDateTime.ToString("yyyy-MM-dd 'at' HH:mm", CultureInfo.InvariantCulture)} UTC: " +
        $"{(row.State == JobState.Failed ? "logs of failed jobs are kept as long as retention.failed_logs" : "logs are kept as long as retention.logs")} in quern.yaml says.");

    private static async Task OpenOrChangedAsync(JobRow row, FarmStore store, LogStore logs, long seen, CancellationToken ending)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ending);
        var first = await Task.WhenAny(logs.WaitForOpenAsync(row.Id, row.Attempt, "", either.Token), store.WaitPastAsync(seen, either.Token));
        await either.CancelAsync();
        await first;
    }

    private static async Task<LogReader?> OpenAsync(LogStore logs, JobRow row, int attempt, string name, CancellationToken cancellationToken)
    {
        int wanted = attempt > 0 ? attempt : row.Attempt;
        return wanted > 0 ? await logs.OpenReaderAsync(row.Id, wanted, name, cancellationToken) : null;
    }
}
