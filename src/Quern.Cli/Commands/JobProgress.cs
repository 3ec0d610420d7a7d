using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Quern.Cli.Client;
using Spectre.Console;

namespace Quern.Cli.Commands;

/// <summary>
/// Waits for jobs and shows how far they are: bars at a terminal, a line per change in a pipe. With <c>--json</c> the lines go
/// to standard error, so that standard output is the result alone.
/// </summary>
internal static class JobProgress
{
    /// <summary>The jobs when all have finished, in the order given.</summary>
    /// <param name="jobs">As the master's answer to a submission lists them.</param>
    /// <param name="after">The number of an event before the jobs were submitted.</param>
    /// <param name="orWhen">The wait ends also when this job starts or ends.</param>
    public static async Task<ImmutableArray<JsonObject>> UntilFinishedAsync(
        CommandContext c, FarmClient farm, IEnumerable<JsonNode?> jobs, long after, string? orWhen, CancellationToken stop)
    {
        var titles = new OrderedDictionary<string, string>();
        foreach (var job in jobs) titles.Add(Show.Text(job, "id"), $"{Show.Text(job, "title")} (job {Show.Text(job, "number")})");
        if (!c.Terminal.Interactive || c.Json)
            return await JobWatch.UntilFinishedAsync(farm, titles, after, orWhen, change => Tell(c, change.ToString()), stop);

        var console = c.Terminal.NewConsole();
        return await console.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new ElapsedTimeColumn(), new SpinnerColumn())
            .StartAsync(async bars =>
            {
                var all = bars.AddTask($"0 of {titles.Count} done", maxValue: titles.Count);
                var running = new Dictionary<string, ProgressTask>();
                int ended = 0;
                return await JobWatch.UntilFinishedAsync(farm, titles, after, orWhen, change =>
                {
                    if (running.Remove(change.Id, out var bar)) bar.StopTask();
                    if (change.Word == JobChange.Started)
                    {
                        running[change.Id] = bars.AddTask(Markup.Escape(Terminal.Clean(change.Title))).IsIndeterminate();
                        return;
                    }
                    // Written above the bars, which are drawn again below.
                    console.WriteLine(Terminal.Clean(change.ToString()));
                    if (!change.Ended) return;
                    all.Increment(1);
                    all.Description = $"{++ended} of {titles.Count} done";
                }, stop);
            });
    }

    /// <summary>One line for people, where it does not mix with a result for programs.</summary>
    public static void Tell(CommandContext c, string line)
    {
        if (c.Json) c.Terminal.Note(line);
        else c.Terminal.Line(line);
    }
}
