namespace Quern.Web.Pages;

/// <summary>What all pages have around them.</summary>
internal static class Layout
{
    /// <param name="current">The path of the menu's entry that is shown as chosen.</param>
    /// <param name="live">Whether the page is drawn again when the farm changes.</param>
    public static string Page(string title, string current, Html body, bool live = false, string script = "") => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{title} - Quern</title>
        <link rel="stylesheet" href="/assets/style.css">
        <link rel="icon" href="/assets/quern.svg" type="image/svg+xml">
        {Script(live ? "live.js" : script)}
        </head>
        <body>
        <header><a class="brand" href="/"><img src="/assets/quern.svg" alt="" width="26" height="26">Quern</a>
        <nav>{Menu(current)}</nav>
        <form method="post" action="/logout"><button>Sign out</button></form></header>
        <main id="main">
        {body}
        </main>
        <footer>Times are UTC. <a href="/openapi/v1.json">API</a></footer>
        </body>
        </html>
        """).ToString();

    private static IEnumerable<Html> Menu(string current) =>
        new[] { ("/", "Home"), ("/jobs", "Jobs"), ("/builders", "Builders"), ("/packages", "Packages"), ("/workers", "Workers") }.Select(entry =>
            entry.Item1 == current
                ? Html.Of($"""<a href="{entry.Item1}" aria-current="page">{entry.Item2}</a>""")
                : Html.Of($"""<a href="{entry.Item1}">{entry.Item2}</a>"""));

    private static Html Script(string name) =>
        name.Length == 0 ? Html.Empty : Html.Of($"""<script type="module" src="/assets/{name}"></script>""");
}
