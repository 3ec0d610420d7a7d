using System.Text.Json.Nodes;
using Quern.Cli.Client;
using Spectre.Console;

namespace Quern.Cli.Commands;

/// <summary>Waits for a build of an agent: a bar at a terminal, a line per step in a pipe.</summary>
internal static class AgentBuildWatch
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>The build when it has ended, well or not. Giving up the wait does not end it.</summary>
    /// <param name="build">As the master's answer to the order has it.</param>
    public static async Task<JsonObject> UntilEndedAsync(CommandContext c, FarmClient farm, JsonObject build, string title, CancellationToken stop)
    {
        if (!c.Terminal.Interactive || c.Json)
        {
            string said = "";
            return await FollowAsync(farm, build, now =>
            {
                string step = Show.Text(now, "state");
                if (step != said && step is not ("done" or "error")) c.Terminal.Note($"{title}: {Show.Text(now, "message") switch { "" => step, var what => what }}");
                said = step;
            }, stop);
        }
        return await c.Terminal.NewConsole().Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new ElapsedTimeColumn())
            .StartAsync(async bars =>
            {
                var bar = bars.AddTask(Markup.Escape(Terminal.Clean(title)), maxValue: 100);
                return await FollowAsync(farm, build, now =>
                {
                    bar.Value = now["percent"]!.GetValue<int>();
                    bar.Description = Markup.Escape(Terminal.Clean($"{title}: {Show.Text(now, "message")}"));
                }, stop);
            });
    }

    private static async Task<JsonObject> FollowAsync(FarmClient farm, JsonObject build, Action<JsonObject> tell, CancellationToken stop)
    {
        string path = $"/api/v1/agents/builds/{Show.Text(build, "id")}";
        while (true)
        {
            tell(build);
            if (Show.Text(build, "state") is "done" or "error") return build;
            await Task.Delay(Pause, TimeProvider.System, stop);
            build = await farm.GetAsync(path, stop);
        }
    }
}
