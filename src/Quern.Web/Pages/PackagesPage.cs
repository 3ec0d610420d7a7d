using Quern.Web.Views;

namespace Quern.Web.Pages;

/// <summary>The finished packages, to download.</summary>
public static class PackagesPage
{
    public static string Render(IReadOnlyCollection<PackageView> packages) => Layout.Page("Packages", "/packages", Html.Of($"""
        <h1>Packages</h1>
        {Table(packages)}
        """));

    private static Html Table(IReadOnlyCollection<PackageView> packages) => packages.Count == 0 ? Tables.None("No package has been built yet.") : Html.Of($"""
        <table><thead><tr><th>Name</th><th>Version</th><th>Environment</th><th>Architecture</th><th class="n">Size</th><th>SHA-256</th><th>Built</th><th></th></tr></thead>
        <tbody>{packages.Select(Row)}</tbody></table>
        """);

    private static Html Row(PackageView p) => Html.Of($"""
        <tr><td>{p.Name}</td><td>{p.Version}-{p.RealVersion}</td><td>{p.Environment}</td><td>{p.Architecture}</td><td class="n">{Words.Bytes(p.Bytes)}</td>
        <td><code title="{p.Sha256}">{p.Sha256[..12]}</code></td><td>{Words.TimeTag(p.Time)}</td>
        <td><a href="/api/v1/packages/{p.Name}/download?environment={p.Environment}&architecture={p.Architecture}&real_version={p.RealVersion}">download</a> {Log(p.Job)}</td></tr>
        """);

    private static Html Log(string? job) => job is null ? Html.Of($"imported") : Html.Of($"""<a href="/jobs/{job}">log</a>""");
}
