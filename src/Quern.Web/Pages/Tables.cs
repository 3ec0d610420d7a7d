using Quern.Model;
using Quern.Web.Views;

namespace Quern.Web.Pages;

/// <summary>The tables that several pages share.</summary>
internal static class Tables
{
    public static Html Jobs(IReadOnlyCollection<JobView> jobs, string none) => jobs.Count == 0 ? None(none) : Html.Of($"""
        <table><thead><tr><th>Job</th><th>What</th><th>State</th><th>Worker</th><th class="n">Time</th><th class="n">Log lines</th><th>Submitted</th></tr></thead>
        <tbody>{jobs.Select(Row)}</tbody></table>
        """);

    public static Html Workers(IReadOnlyCollection<WorkerView> workers) => workers.Count == 0 ? None("No worker is known.") : Html.Of($"""
        <table><thead><tr><th>Name</th><th>State</th><th class="n">Busy</th><th>Protocol</th><th>System</th><th>Last change</th></tr></thead>
        <tbody>{workers.Select(Row)}</tbody></table>
        """);

    public static Html State(JobView job) => job.Warnings
        ? Html.Of($"""<span class="state warnings">{job.State.Word()} with warnings</span>""")
        : State(job.State);

    public static Html State(JobState state) => Html.Of($"""<span class="state {state.Word()}">{state.Word()}</span>""");

    public static Html None(string text) => Html.Of($"""<p class="none">{text}</p>""");

    private static Html Row(JobView job) => Html.Of($"""
        <tr><td><a href="/jobs/{job.Id.ToString()}">{job.Number}</a></td><td><a href="/jobs/{job.Id.ToString()}">{job.Title}</a></td>
        <td>{State(job)}{Reason(job.Reason)}</td><td>{job.Worker}</td><td class="n">{Words.Span(job.Elapsed)}</td>
        <td class="n">{job.LogLines}</td><td>{Words.TimeTag(job.CreatedAt)}</td></tr>
        """);

    private static Html Row(WorkerView worker) => Html.Of($"""
        <tr><td>{worker.Name}</td><td><span class="state {(worker.Connected ? "succeeded" : "cancelled")}">{(worker.Connected ? "connected" : "away")}</span></td>
        <td class="n">{worker.Busy}/{worker.Slots}</td><td>{worker.Protocol}</td><td>{worker.System}</td><td>{worker.LastChange}</td></tr>
        """);

    private static Html Reason(string reason) => reason.Length == 0 ? Html.Empty : Html.Of($"""<span class="reason">{reason}</span>""");
}
