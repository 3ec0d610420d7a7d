using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Pipelines;
using Quern.Storage;
using Quern.Web.Pages;
using Quern.Web.Views;

namespace Quern.MasterHost.Api;

/// <summary>The pages of builders.</summary>
internal static class BuilderPages
{
    private const int ShownRuns = 25;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/builders", AllAsync).Needs(Right.BuilderRead).ExcludeFromDescription();
        app.MapGet("/builders/{name}", OneAsync).Needs(Right.BuilderRead).ExcludeFromDescription();
    }

    private static async Task AllAsync(HttpContext context, BuilderShelf shelf, FarmStore store, TimeProvider time)
    {
        var views = new List<BuilderView>();
        foreach (var builder in shelf.All) views.Add(await ViewAsync(builder, 1, context, store, time));
        await PageEndpoints.WriteAsync(context, 200, BuildersPage.Render(views));
    }

    private static async Task OneAsync(string name, HttpContext context, BuilderShelf shelf, FarmStore store, TimeProvider time) =>
        await (shelf.Find(name) is { } builder
            ? PageEndpoints.WriteAsync(context, 200, Quern.Web.Pages.BuilderPage.Render(await ViewAsync(builder, ShownRuns, context, store, time)))
            : PageEndpoints.WriteAsync(context, 404, MissingPage.Render("There is no such builder in the configuration.")));

    private static async Task<BuilderView> ViewAsync(Builder builder, int runs, HttpContext context, FarmStore store, TimeProvider time)
    {
        // Who may read builders but no jobs sees builders without runs.
        bool may = context.Principal().May(Right.JobRead);
        ImmutableArray<JobRow> rows = may ? await store.ListJobsAsync(new JobFilter { Builder = builder.Name, Limit = runs }, context.RequestAborted) : [];
        var now = time.GetUtcNow();
        return new BuilderView(
            builder.Name, builder.Description, RunsOn(builder), string.Join(", ", builder.Locks),
            string.Join(", ", builder.Properties.Select(p => p.Default is null ? $"{p.Name}*" : p.Name)),
            [.. builder.Steps.Select(s => new BuilderStepView(s.Name, s.Action.Kind, OnFailure(s), s.If ?? ""))],
            [.. rows.Select(r => PageEndpoints.ViewOf(r, now))]);
    }

    private static string RunsOn(Builder builder)
    {
        string workers = string.Join(", ", builder.Workers), tags = string.Join(", ", builder.Tags);
        return (workers.Length, tags.Length) switch
        {
            (0, 0) => "any worker",
            (_, 0) => workers,
            (0, _) => $"workers with {tags}",
            _ => $"{workers} with {tags}",
        };
    }

    private static string OnFailure(BuilderStep step)
    {
        string effect = step.OnFailure switch { FailureEffect.Fail => "fails the job", FailureEffect.Warn => "warns", _ => "is ignored" };
        return effect + (step.HaltOnFailure ? " and halts" : "") + (step.AlwaysRun ? "; always runs" : "");
    }
}
