using Quern.Web.Views;

namespace Quern.Web.Pages;

/// <summary>What runs, what is broken, who works.</summary>
public static class HomePage
{
    public static string Render(HomeView view) => Layout.Page("Home", "/", Html.Of($"""
        <ul class="counts">
        {view.Counts.Select(c => Html.Of($"""<li class="{c.State}"><a href="/jobs?state={c.State}"><b>{c.Count}</b> {c.State}</a></li>"""))}
        <li><a href="/packages"><b>{view.Packages}</b> packages</a></li>
        </ul>
        <h2>Running</h2>
        {Tables.Jobs(view.Running, "Nothing runs now.")}
        <h2>Failed lately</h2>
        {Tables.Jobs(view.Failed, "Nothing has failed.")}
        <h2>Newest</h2>
        {Tables.Jobs(view.Recent, "No job yet. Submit a recipe with: quern submit FILE, then: quern build NAME")}
        <h2>Workers</h2>
        {Tables.Workers(view.Workers)}
        """), live: true);
}
