using Quern.Web.Views;

namespace Quern.Web.Pages;

/// <summary>The workers and what each last did.</summary>
public static class WorkersPage
{
    public static string Render(IReadOnlyCollection<WorkerView> workers) => Layout.Page("Workers", "/workers", Html.Of($"""
        <h1>Workers</h1>
        {Tables.Workers(workers)}
        """), live: true);
}
