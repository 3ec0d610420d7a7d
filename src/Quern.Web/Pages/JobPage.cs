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
        <h1>{job.Title} {Tables.State(job)}</h1>
        <p class="reason">{job.Reason}</p>
        <dl>
        <dt>Job</dt><dd>{job.Number} <code>{job.Id.ToString()}</code></dd>
        <dt>Worker</dt><dd>{(job.Worker.Length > 0 ? job.Worker : "none yet")}</dd>
        <dt>Attempt</dt><dd>{job.Attempt}</dd>
        <dt>Time</dt><dd>{Words.Span(job.Elapsed)}</dd>
        <dt>Submitted</dt><dd>{Words.TimeTag(job.CreatedAt)} by {job.Requester}</dd>
        {Artifact(job)}
        </dl>
        {Steps(job)}
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

    private static Html Steps(JobView job) => job.Steps.IsEmpty ? Html.Empty : Html.Of($"""
        <h2>Steps</h2>
        <table><thead><tr><th class="n">Step</th><th>Name</th><th>State</th><th class="n">Time</th><th class="n">Lines</th><th>Logs</th></tr></thead>
        <tbody>{job.Steps.Select(step => Step(job, step))}</tbody></table>
        """);

    private static Html Step(JobView job, StepView step) => Html.Of($"""
        <tr><td class="n">{step.Position}</td><td>{step.Name}</td>
        <td><span class="state {step.State.Word()}">{step.State.Word()}</span><span class="reason">{step.Reason}</span></td>
        <td class="n">{Words.Span(step.Elapsed)}</td><td class="n">{step.Lines}</td><td>{Logs(job, step)}</td></tr>
        """);

    private static Html Logs(JobView job, StepView step)
    {
        if (job.LogDeletedAt is not null || step.State == StepState.Skipped) return Html.Empty;
        string log = $"/api/v1/jobs/{job.Id}/log/text";
        return Html.Join(
        [
            Html.Of($"""<a href="{log}?step={step.Position.ToString(CultureInfo.InvariantCulture)}">output</a> """),
            .. step.Logs.Select(name => Html.Of($"""<a href="{log}?name={Uri.EscapeDataString(name)}">{name}</a> """)),
        ]);
    }

    private static Html Artifact(JobView job) => job.Artifact.Length == 0 ? Html.Empty : Html.Of($"""
        <dt>Package</dt><dd>{Words.Bytes(job.ArtifactBytes)} <code>{job.Artifact}</code></dd>
        """);
}
