using System.Globalization;
using Quern.Model;
using Quern.Web.Views;

namespace Quern.Web.Pages;

/// <summary>Jobs, newest first, a page at a time.</summary>
public static class JobsPage
{
    /// <param name="jobs">One page.</param>
    /// <param name="state">The chosen state; null for all.</param>
    /// <param name="next">The lowest number of this page when there are more; null at the end.</param>
    public static string Render(IReadOnlyCollection<JobView> jobs, JobState? state, long? next) => Layout.Page("Jobs", "/jobs", Html.Of($"""
        <h1>Jobs</h1>
        <p class="filter"><a href="/jobs">all</a> {Enum.GetValues<JobState>().Select(s => Html.Of($"""<a class="state {s.Word()}" href="/jobs?state={s.Word()}">{s.Word()}</a> """))}</p>
        {Tables.Jobs(jobs, "No job matches.")}
        {Next(state, next)}
        """));

    private static Html Next(JobState? state, long? next) => next is null
        ? Html.Empty
        : Html.Of($"""<p><a rel="next" href="/jobs?before={next.Value.ToString(CultureInfo.InvariantCulture)}{(state is { } s ? $"&state={s.Word()}" : "")}">Older</a></p>""");
}
