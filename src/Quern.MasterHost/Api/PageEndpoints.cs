using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Storage;
using Quern.Web;
using Quern.Web.Pages;
using Quern.Web.Views;

namespace Quern.MasterHost.Api;

/// <summary>The plain pages: rows of the store become views, views become HTML.</summary>
internal static class PageEndpoints
{
    private const int PageJobs = 50;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/", HomeAsync).Needs(Right.FarmRead).ExcludeFromDescription();
        app.MapGet("/jobs", JobsPageAsync).Needs(Right.JobRead).ExcludeFromDescription();
        app.MapGet("/jobs/{job}", JobAsync).Needs(Right.JobRead).ExcludeFromDescription();
        app.MapGet("/packages", PackagesAsync).Needs(Right.PackageRead).ExcludeFromDescription();
        app.MapGet("/workers", WorkersAsync).Needs(Right.WorkerRead).ExcludeFromDescription();
        app.MapGet("/assets/{name}", AssetAsync).Open().ExcludeFromDescription();
    }

    public static Task WriteAsync(HttpContext context, int status, string html)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = PageHeaders.ContentSecurityPolicy;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(html, Encoding.UTF8, context.RequestAborted);
    }

    private static async Task HomeAsync(HttpContext context, FarmStore store, WorkerBook workers, TimeProvider time)
    {
        var stop = context.RequestAborted;
        var now = time.GetUtcNow();
        var counts = await store.CountJobsAsync(stop);
        var view = new HomeView
        {
            Counts = [.. new[] { JobState.Running, JobState.Ready, JobState.Blocked, JobState.Succeeded, JobState.Failed }.Select(s => (s.Word(), counts[s]))],
            Running = await JobsAsync(store, now, stop, JobState.Running),
            Failed = [.. (await JobsAsync(store, now, stop, JobState.Failed)).Take(10)],
            Recent = [.. (await JobsAsync(store, now, stop)).Take(15)],
            Workers = [.. (await workers.ListAsync(null, 50, stop)).Items.Select(ViewOf)],
            Packages = (await store.ListArtifactsAsync(null, stop)).Length,
        };
        await WriteAsync(context, 200, HomePage.Render(view));
    }

    private static async Task JobsPageAsync(HttpContext context, FarmStore store, TimeProvider time, string? state = null, long? before = null)
    {
        bool one = JobStates.TryParse(state, out var parsed);
        var rows = await store.ListJobsAsync(new JobFilter { States = one ? [parsed] : [], BeforeNumber = before, Limit = PageJobs }, context.RequestAborted);
        var now = time.GetUtcNow();
        await WriteAsync(context, 200, JobsPage.Render([.. rows.Select(r => ViewOf(r, now))], one ? parsed : null, rows.Length == PageJobs ? rows[^1].Number : null));
    }

    private static async Task JobAsync(string job, HttpContext context, FarmStore store, TimeProvider time)
    {
        var row = await store.FindJobAsync(job, context.RequestAborted);
        await (row is null
            ? WriteAsync(context, 404, MissingPage.Render("There is no such job."))
            : WriteAsync(context, 200, Quern.Web.Pages.JobPage.Render(ViewOf(row, time.GetUtcNow()) with
            {
                Steps = [.. (await store.ListStepsAsync(row.Id, row.Attempt, context.RequestAborted)).Select(s => ViewOf(s, time.GetUtcNow()))],
            })));
    }

    private static async Task PackagesAsync(HttpContext context, FarmStore store)
    {
        var versions = new VersionNames(store);
        var views = new List<PackageView>();
        foreach (var artifact in (await store.ListArtifactsAsync(null, context.RequestAborted)).Take(500))
        {
            var p = await versions.ModelAsync(artifact, context.RequestAborted);
            views.Add(new PackageView(p.Name, p.Version, p.RealVersion, p.Environment, p.Architecture, p.Bytes, p.Sha256, p.Job, p.Time));
        }
        await WriteAsync(context, 200, PackagesPage.Render(views));
    }

    private static async Task WorkersAsync(HttpContext context, WorkerBook workers)
    {
        var (items, _) = await workers.ListAsync(null, 1000, context.RequestAborted);
        await WriteAsync(context, 200, WorkersPage.Render([.. items.Select(ViewOf)]));
    }

    private static Task AssetAsync(string name, HttpContext context)
    {
        if (WebAsset.Find(name) is not { } asset)
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        }
        context.Response.Headers.ETag = asset.ETag;
        context.Response.Headers.CacheControl = "no-cache";
        if (context.Request.Headers.IfNoneMatch == asset.ETag)
        {
            context.Response.StatusCode = 304;
            return Task.CompletedTask;
        }
        context.Response.ContentType = asset.ContentType;
        context.Response.ContentLength = asset.Content.Length;
        return context.Response.Body.WriteAsync(asset.Content, context.RequestAborted).AsTask();
    }

    private static async Task<ImmutableArray<JobView>> JobsAsync(FarmStore store, DateTimeOffset now, CancellationToken stop, params JobState[] states)
    {
        var rows = await store.ListJobsAsync(new JobFilter { States = [.. states], Limit = PageJobs }, stop);
        return [.. rows.Select(r => ViewOf(r, now))];
    }

    public static JobView ViewOf(JobRow row, DateTimeOffset now) => new()
    {
        Id = row.Id,
        Number = row.Number,
        Title = row.Title,
        Package = row.Package?.Value ?? "",
        State = row.State,
        Reason = row.Reason,
        Worker = row.Worker?.Value ?? "",
        Requester = row.Requester.Name,
        Attempt = row.Attempt,
        CreatedAt = row.CreatedAt,
        Elapsed = row.StartedAt is { } started ? (row.FinishedAt ?? now) - started : null,
        Warnings = row.Warnings,
        LogLines = row.Log.Lines,
        LogDeletedAt = row.LogDeletedAt,
        Artifact = row.Artifact?.Sha256.Hex ?? "",
        ArtifactBytes = row.Artifact?.Bytes ?? 0,
    };

    private static StepView ViewOf(StepResult step, DateTimeOffset now) => new(
        step.Position, step.Name, step.State, step.Reason, step.StartedAt is { } started ? (step.FinishedAt ?? now) - started : null,
        step.FirstLine, step.Lines, step.Logs);

    private static WorkerView ViewOf(WorkerModel w) => new(
        w.Name, w.State == "connected", w.Busy, w.Slots, w.Protocol, $"{w.System} {w.Architecture}".Trim(),
        w.Since is { } since ? $"{w.LastChange} ({since.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)})" : "");
}
