namespace Quern.MasterHost.Configuration;

/// <summary>What Buildbot calls the things of <c>quern.yaml</c>, for those who come from there.</summary>
internal static class BuildbotWords
{
    private static readonly Dictionary<string, string> Here = new(StringComparer.Ordinal)
    {
        ["alwaysRun"] = "always_run",
        ["haltOnFailure"] = "halt_on_failure",
        ["flunkOnFailure"] = "flunk_on_failure",
        ["warnOnFailure"] = "warn_on_failure",
        ["doStepIf"] = "if",
        ["command"] = "run",
        ["maxTime"] = "timeout",
        ["usePTY"] = "pty",
        ["initialStdin"] = "stdin",
        ["maxsize"] = "max_bytes",
        ["workersrc"] = "upload",
        ["mastersrc"] = "download",
        ["masterdest"] = "to",
        ["workerdest"] = "to",
        ["dest"] = "to",
        ["workername"] = "workers",
        ["workernames"] = "workers",
        ["buildername"] = "builder",
        ["buildnumber"] = "job",
        ["factory"] = "steps",
        ["success"] = "succeeded",
        ["failure"] = "failed",
        ["warning"] = "warnings",
        ["exception"] = "failed",
        ["retry"] = "lost",
    };

    /// <summary>Our word for one of Buildbot's; null when it is none, or not among those that would do.</summary>
    public static string? Meaning(string typed, IEnumerable<string> known) =>
        Here.TryGetValue(typed, out string? word) && known.Contains(word) ? word : null;
}
