namespace Quern.Web.Pages;

/// <summary>For addresses that lead nowhere.</summary>
public static class MissingPage
{
    public static string Render(string what) => Layout.Page("Not found", "", Html.Of($"""
        <h1>Not found</h1>
        <p>{what}</p>
        """));
}
