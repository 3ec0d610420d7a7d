namespace Quern.Scenarios.BadDays;

/// <summary>The built programs, as the test program's own build made them.</summary>
internal static class Programs
{
    public static string Quern { get; } = Find("Quern.Cli", "quern");

    public static string Worker { get; } = Find("Quern.WorkerHost", "quern-worker");

    /// <summary>This test program.</summary>
    public static string Self { get; } = Path.Combine(AppContext.BaseDirectory, "Quern.Scenarios");

    private static string Find(string project, string name)
    {
        string own = AppContext.BaseDirectory.TrimEnd('/');
        string path = Path.GetFullPath(Path.Combine(own, "..", "..", project, Path.GetFileName(own), name));
        return File.Exists(path) ? path : throw new InvalidOperationException($"'{path}' is missing: build the solution first.");
    }
}
