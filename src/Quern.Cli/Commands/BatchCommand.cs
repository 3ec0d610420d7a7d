using System.CommandLine;
using System.Text.Json.Nodes;
using Quern.Cli.Client;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Cli.Commands;

/// <summary>Builds in steps, as a file orders them; Branch calls it a solution.</summary>
internal static class BatchCommand
{
    public static Command Make(CommandMaker make)
    {
        var file = new Argument<string>("FILE") { Description = "one step per line: names, separated by semicolons, that may be built at the same time" };
        var env = JobCommands.Environment();
        var dry = new Option<bool>("--dry-run") { Description = "only show what would be built" };
        var noWait = new Option<bool>("--no-wait") { Description = "do not wait for the end" };
        var goOn = new Option<bool>("--continue-on-failure") { Description = "build later steps also when an earlier build failed" };
        var command = make.Make("batch", "Builds packages step by step, as a file orders them (Branch: a solution)", async (c, stop) =>
        {
            string path = c.Result.GetRequiredValue(file);
            var solution = SolutionFile.Parse(await File.ReadAllTextAsync(InputFile.Checked(path), stop));
            foreach (var problem in solution.Problems) c.Terminal.Note($"{path}:{problem}");
            if (solution.HasErrors) throw new CommandFailedException(ExitCode.Failed, "Nothing was submitted.");
            var request = new JsonObject
            {
                ["steps"] = new JsonArray([.. solution.Steps.Select(s => new JsonArray([.. s.Select(n => (JsonNode)n)]))]),
                ["title"] = Path.GetFileName(path),
                ["environment"] = c.Result.GetValue(env),
                ["continue_on_failure"] = c.Result.GetValue(goOn),
                ["dry_run"] = true,
            };
            using var farm = c.Connect();
            // Asked first: the farm knows which names have no recipe, the file where they stand.
            var plan = await farm.PostAsync("/api/v1/batches", request, stop);
            TellDoubts(c, path, solution, plan);
            if (c.Result.GetValue(dry)) return ShowPlan(c, plan);
            request["dry_run"] = false;
            long after = (await farm.GetAsync("/api/v1/farm", stop))["last_event"]!.GetValue<long>();
            var answer = await farm.PostAsync("/api/v1/batches", request, stop);
            JobProgress.Tell(c, $"batch {Show.Text(answer, "batch")}: {answer["jobs"]!.AsArray().Count} jobs queued");
            if (!c.Result.GetValue(noWait)) return await EndAsync(c, farm, answer, after, stop);
            if (c.Json) c.WriteJson(await farm.GetAsync($"/api/v1/batches/{Show.Text(answer, "batch")}", stop));
            return ExitCode.Success;
        }, file, env, dry, noWait, goOn);
        command.Aliases.Add("solution");
        return command;
    }

    /// <summary>Names without a recipe, with their places; and what is built too early.</summary>
    /// <exception cref="CommandFailedException">A name has no recipe.</exception>
    private static void TellDoubts(CommandContext c, string path, SolutionFile solution, JsonObject plan)
    {
        var unknown = plan["unknown"]!.AsArray().Select(n => n!.ToString()).ToHashSet(StringComparer.Ordinal);
        foreach (var (names, places) in solution.Steps.Zip(solution.Places))
            foreach (var (name, place) in names.Zip(places))
                if (unknown.Contains(name)) c.Terminal.Note($"{path}:{place.Line}:{place.Column}: error: there is no recipe '{name}'.");
        if (unknown.Count > 0) throw new CommandFailedException(ExitCode.Failed, "Nothing was submitted. Submit the missing recipes first: quern submit FILE.");
        foreach (var doubt in plan["doubts"]!.AsArray()) c.Terminal.Note($"{path}: warning: {doubt}");
    }

    private static int ShowPlan(CommandContext c, JsonObject plan)
    {
        if (c.Json)
        {
            c.WriteJson(plan);
            return ExitCode.Success;
        }
        var steps = plan["steps"]!.AsArray();
        c.Terminal.Line($"{Show.Text(plan, "packages")} builds in {steps.Count} steps");
        for (int i = 0; i < steps.Count; i++) c.Terminal.Line($"  step {i + 1}: {string.Join(", ", steps[i]!.AsArray().Select(n => n!.ToString()))}");
        return ExitCode.Success;
    }

    /// <summary>Waits for all jobs of a batch, and says what became of it.</summary>
    public static async Task<int> EndAsync(CommandContext c, FarmClient farm, JsonObject batch, long after, CancellationToken stop)
    {
        var ends = await JobProgress.UntilFinishedAsync(c, farm, batch["jobs"]!.AsArray(), after, null, stop);
        int good = ends.Count(e => Show.Text(e, "state") == "succeeded");
        if (c.Json) c.WriteJson(await farm.GetAsync($"/api/v1/batches/{Show.Text(batch, "batch")}", stop));
        else c.Terminal.Line($"{good} of {ends.Length} jobs succeeded");
        return good == ends.Length ? ExitCode.Success : ExitCode.Failed;
    }
}
