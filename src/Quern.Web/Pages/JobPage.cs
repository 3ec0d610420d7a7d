using System.Globalization;
using Quern.Model;
using Quern.Web.Views;

namespace Quern.Web.Pages;

/// <summary>One job with its log, which grows while it runs.</summary>
public static class JobPage
{
    /// <summary>Lines that the page shows; the whole log is a link away.</summary>
    private const long ShownLines = 2000;

    public static string Render(JobView job) => Layout.Page(job.Title, "/jobs", Html.Of($"""
        <h1>{job.Title} {Tables.State(job.State)}</h1>
        <p class="reason">{job.Reason}</p>
        <dl>
        <dt>Job</dt><dd>{job.Number} <code>{job.Id.ToString()}</code></dd>
        <dt>Worker</dt><dd>{(job.Worker.Length > 0 ? job.Worker : "none yet")}</dd>
        <dt>Attempt</dt><dd>{job.Attempt}</dd>
        <dt>Time</dt><dd>{Words.Span(job.Elapsed)}</dd>
        <dt>Submitted</dt><dd>{Words.TimeTag(job.CreatedAt)} by {job.Requester}</dd>
        {Artifact(job)}
        </dl>
        <h2>Log</h2>
        {Log(job)}
        """), script: job.LogDeletedAt is null ? "log.js" : "");

    private static Html Log(JobView job) => job.LogDeletedAt is { } deletedAt
        ? Html.Of($"""
            <p>The log was deleted by retention {Words.TimeTag(deletedAt)}.</p>
            """)
        : Html.Of($"""
            <p><a href="/api/v1/jobs/{job.Id.ToString()}/log/text">whole log as text</a> <span id="log-state"></span></p>
            <pre id="log" data-job="{job.Id.ToString()}" data-from="{Math.Max(1, job.LogLines - ShownLines).ToString(CultureInfo.InvariantCulture)}" data-finished="{(job.State.IsFinished() ? "yes" : "no")}"></pre>
            """);

    private static Html Artifact(JobView job) => job.Artifact.Length == 0 ? Html.Empty : Html.Of($"""
        <dt>Package</dt><dd>{Words.Bytes(job.ArtifactBytes)} <code>{job.Artifact}</code></dd>
        """);
}
