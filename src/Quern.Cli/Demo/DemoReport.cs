using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Quern.Cli.Demo;

/// <summary>How the demo ended, for people and for programs.</summary>
/// <param name="WorkerProgram">What built.</param>
/// <param name="Packages">In build order.</param>
/// <param name="Trials">What was run afterwards.</param>
/// <param name="SetUp">Making or unpacking the root and starting the farm.</param>
/// <param name="Building">From submission to the last outcome.</param>
/// <param name="Remark">A sentence for people, or empty.</param>
internal sealed record DemoReport(
    string WorkerProgram, ImmutableArray<DemoPackage> Packages, ImmutableArray<DemoTrialResult> Trials, TimeSpan SetUp, TimeSpan Building, string Remark)
{
    public bool AllWell => Packages.All(p => p.Stored is not null && p.Outcome is "succeeded" or "already built") && Trials.All(t => t.Good);

    public void Write(Terminal terminal)
    {
        terminal.Table(
            ["PACKAGE", "VERSION", "OUTCOME", "TIME", "SIZE", "SHA-256", "LOG"],
            [.. Packages.Select(p => (IReadOnlyList<string>)
            [
                p.Recipe.Name.Value, p.Recipe.Version, p.Outcome, DemoProgress.Seconds(p.Duration),
                p.Stored is { } s ? Size(s.Bytes) : "-", p.Stored?.Sha256.Hex[..16] ?? "-", p.LogPath,
            ])]);
        foreach (var failed in Packages.Where(p => p.Reason.Length > 0)) terminal.Line($"{failed.Recipe.Name}: {failed.Reason}");
        if (!Trials.IsEmpty)
        {
            terminal.Line("");
            terminal.Line("Run in roots that hold nothing but the C library and packages of this farm:");
            foreach (var trial in Trials)
            {
                string libraries = string.Join(", ", trial.Libraries.Select(l => $"{l.Name} ({l.Package ?? "not the farm's"}, {l.Sha256.Hex[..12]})"));
                terminal.Line($"  {(trial.Good ? "ok    " : "FAILED")} {string.Join(' ', trial.Trial.Script)}: {trial.Said}{(libraries.Length > 0 ? $"  [{libraries}]" : "")}");
            }
        }
        terminal.Line("");
        if (Remark.Length > 0) terminal.Line(Remark);
        int built = Packages.Count(p => p.Outcome == "succeeded");
        terminal.Line($"{built} built, {Packages.Count(p => p.Outcome == "already built")} built already, {Packages.Length - Packages.Count(p => p.Outcome is "succeeded" or "already built")} not built, " +
            $"by {WorkerProgram}: {DemoProgress.Seconds(Building)} after {DemoProgress.Seconds(SetUp)} of set-up.");
    }

    public JsonObject ToJson() => new()
    {
        ["worker"] = WorkerProgram,
        ["set_up_seconds"] = Round(SetUp),
        ["seconds"] = Round(Building),
        ["all_well"] = AllWell,
        ["packages"] = new JsonArray([.. Packages.Select(p => (JsonNode)new JsonObject
        {
            ["name"] = p.Recipe.Name.Value,
            ["version"] = p.Recipe.Version,
            ["seconds"] = Round(p.Duration),
            ["bytes"] = p.Stored?.Bytes,
            ["sha256"] = p.Stored?.Sha256.Hex,
            ["log"] = p.LogPath,
            ["artifact"] = p.ArtifactPath,
            ["outcome"] = p.Outcome,
            ["reason"] = p.Reason,
        })]),
        ["runs"] = new JsonArray([.. Trials.Select(t => (JsonNode)new JsonObject
        {
            ["package"] = t.Trial.Package.Value,
            ["command"] = new JsonArray([.. t.Trial.Script.Select(w => (JsonNode)w)]),
            ["good"] = t.Good,
            ["said"] = t.Said,
            ["libraries"] = new JsonArray([.. t.Libraries.Select(l => (JsonNode)new JsonObject
            {
                ["name"] = l.Name,
                ["path"] = l.Path,
                ["sha256"] = l.Sha256.Hex,
                ["package"] = l.Package,
            })]),
        })]),
    };

    private static double Round(TimeSpan span) => Math.Round(span.TotalSeconds, 1);

    private static string Size(long bytes) => bytes < 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F0} KiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F1} MiB");
}
