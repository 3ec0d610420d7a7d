using Quern.Web.Views;

namespace Quern.Web.Pages;

/// <summary>One builder: its steps and its newest runs.</summary>
public static class BuilderPage
{
    public static string Render(BuilderView builder) => Layout.Page(builder.Name, "/builders", Html.Of($"""
        <h1>{builder.Name}</h1>
        <p class="reason">{builder.Description}</p>
        <dl>
        <dt>Runs on</dt><dd>{builder.RunsOn}</dd>
        <dt>Locks</dt><dd>{(builder.Locks.Length > 0 ? builder.Locks : "none")}</dd>
        <dt>Properties</dt><dd>{(builder.Properties.Length > 0 ? builder.Properties : "none")}</dd>
        <dt>Run it</dt><dd><code>quern run {builder.Name} --follow</code></dd>
        </dl>
        <h2>Steps</h2>
        <table><thead><tr><th>Name</th><th>What</th><th>On failure</th><th>If</th></tr></thead>
        <tbody>{builder.Steps.Select(Row)}</tbody></table>
        <h2>Newest runs</h2>
        {Tables.Jobs(builder.Runs, "It has not run yet.")}
        """), live: true);

    private static Html Row(BuilderStepView step) => Html.Of($"""
        <tr><td>{step.Name}</td><td>{step.Kind}</td><td>{step.OnFailure}</td><td><code>{step.If}</code></td></tr>
        """);
}
