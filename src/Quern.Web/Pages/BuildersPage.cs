using Quern.Web.Views;

namespace Quern.Web.Pages;

/// <summary>The builders of the configuration, and the newest run of each.</summary>
public static class BuildersPage
{
    public static string Render(IReadOnlyCollection<BuilderView> builders) => Layout.Page("Builders", "/builders", Html.Of($"""
        <h1>Builders</h1>
        {(builders.Count == 0 ? Tables.None("The configuration has no builder; docs/builders.md tells how to write one.") : Table(builders))}
        """), live: true);

    private static Html Table(IReadOnlyCollection<BuilderView> builders) => Html.Of($"""
        <table><thead><tr><th>Builder</th><th>Runs on</th><th>Locks</th><th>Properties</th><th class="n">Steps</th><th>Newest run</th></tr></thead>
        <tbody>{builders.Select(Row)}</tbody></table>
        """);

    private static Html Row(BuilderView builder) => Html.Of($"""
        <tr><td><a href="/builders/{Uri.EscapeDataString(builder.Name)}">{builder.Name}</a><span class="reason">{builder.Description}</span></td>
        <td>{builder.RunsOn}</td><td>{builder.Locks}</td><td>{builder.Properties}</td><td class="n">{builder.Steps.Length}</td>
        <td>{(builder.Runs.IsEmpty ? Html.Empty : Newest(builder.Runs[0]))}</td></tr>
        """);

    private static Html Newest(JobView run) => Html.Of($"""{Tables.State(run)} <a href="/jobs/{run.Id.ToString()}">{run.Number}</a> {Words.TimeTag(run.CreatedAt)}""");
}
