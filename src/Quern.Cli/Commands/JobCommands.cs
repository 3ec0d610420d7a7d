using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Quern.Cli.Client;
using Quern.Model;

namespace Quern.Cli.Commands;

/// <summary>Jobs: build, rebuild, batch, and what became of them.</summary>
internal static class JobCommands
{
    public static IEnumerable<Command> All(CommandMaker make)
    {
        yield return Build(make);
        yield return Rebuild(make);
        yield return BatchCommand.Make(make);

        var state = new Option<string?>("--state") { Description = "only these states, separated by commas", HelpName = "STATE" };
        var package = new Option<string?>("--package") { Description = "only jobs of this package", HelpName = "NAME" };
        var limit = new Option<int>("--limit") { Description = "how many", DefaultValueFactory = _ => 50, HelpName = "N" };
        yield return make.Make("jobs", "Lists jobs, newest first",
            (c, stop) => ListAsync(c, c.Result.GetValue(state), c.Result.GetValue(package), c.Result.GetValue(limit), stop), state, package, limit);
        var shown = Id();
        yield return CommandMaker.Group("job", "One job", make.Make("show", "Shows a job", (c, stop) => ShowAsync(c, c.Result.GetRequiredValue(shown), stop), shown));
        var logged = Id();
        var follow = new Option<bool>("--follow", "-f") { Description = "go on while the job runs" };
        var step = new Option<string?>("--step") { Description = "only this step, by name or position", HelpName = "STEP" };
        yield return make.Make("log", "Shows a job's log",
            (c, stop) => LogAsync(c, c.Result.GetRequiredValue(logged), c.Result.GetValue(step), c.Result.GetValue(follow), stop), logged, step, follow);
        var cancelled = Id();
        var reason = new Option<string?>("--reason") { Description = "a sentence for others", HelpName = "TEXT" };
        yield return make.Make("cancel", "Cancels a job that waits or runs",
            (c, stop) => CancelAsync(c, c.Result.GetRequiredValue(cancelled), c.Result.GetValue(reason), stop), cancelled, reason);
        var asked = Id();
        yield return make.Make("why", "Says why a job is where it is", (c, stop) => WhyAsync(c, c.Result.GetRequiredValue(asked), stop), asked);
    }

    private static Argument<string> Id() => new("JOB") { Description = "a job's number or id" };

    public static Option<string?> Environment()
    {
        var option = new Option<string?>("--env") { Description = "release (default) or cross", HelpName = "ENV" };
        option.AcceptOnlyFromAmong("release", "cross");
        return option;
    }

    private static Command Build(CommandMaker make)
    {
        var name = new Argument<string>("NAME") { Description = "a package" };
        var env = Environment();
        var follow = new Option<bool>("--follow", "-f") { Description = "show the log while it runs" };
        var noWait = new Option<bool>("--no-wait") { Description = "do not wait for the end" };
        return make.Make("build", "Builds a package, and first the dependencies that have not been built", async (c, stop) =>
        {
            using var farm = c.Connect();
            var request = new JsonObject
            {
                ["jobs"] = new JsonArray(new JsonObject { ["recipe"] = new JsonObject { ["name"] = c.Result.GetRequiredValue(name), ["environment"] = c.Result.GetValue(env) } }),
            };
            long after = (await farm.GetAsync("/api/v1/farm", stop))["last_event"]!.GetValue<long>();
            var answer = await farm.PostAsync("/api/v1/jobs", request, stop);
            return await JobEnd.AwaitAsync(c, farm, answer["jobs"]!.AsArray(), after, c.Result.GetValue(follow), !c.Result.GetValue(noWait), stop);
        }, name, env, follow, noWait);
    }

    private static Command Rebuild(CommandMaker make)
    {
        var name = new Argument<string>("NAME") { Description = "a package" };
        var dry = new Option<bool>("--dry-run") { Description = "only show what would be built" };
        var env = Environment();
        var noWait = new Option<bool>("--no-wait") { Description = "do not wait for the end" };
        return make.Make("rebuild", "Rebuilds a package and everything that needs it, in order", async (c, stop) =>
        {
            using var farm = c.Connect();
            string package = c.Result.GetRequiredValue(name);
            bool wait = !c.Result.GetValue(dry) && !c.Result.GetValue(noWait);
            long after = (await farm.GetAsync("/api/v1/farm", stop))["last_event"]!.GetValue<long>();
            var request = new JsonObject { ["dry_run"] = c.Result.GetValue(dry) };
            if (c.Result.GetValue(env) is { } environment) request["environment"] = environment;
            var answer = await farm.PostAsync($"/api/v1/packages/{Uri.EscapeDataString(package)}/rebuild", request, stop);
            if (c.Json)
            {
                if (wait) return await BatchCommand.EndAsync(c, farm, answer, after, stop);
                c.WriteJson(answer);
                return ExitCode.Success;
            }
            var layers = answer["layers"]!.AsArray();
            c.Terminal.Line($"{Show.Text(answer, "packages")} packages of {Show.Text(answer, "known_packages")}   {layers.Count} layers");
            for (int i = 0; i < layers.Count; i++) c.Terminal.Line($"  layer {i + 1}: {string.Join(", ", layers[i]!.AsArray().Select(n => n!.ToString()))}");
            foreach (var cycle in answer["cycles"]!.AsArray()) c.Terminal.Line($"  cycle: {cycle}");
            foreach (var unknown in answer["unknown_dependencies"]!.AsArray()) c.Terminal.Line($"  missing: {unknown}");
            if (!c.Result.GetValue(dry)) c.Terminal.Line($"batch {Show.Text(answer, "batch")}: {answer["jobs"]!.AsArray().Count} jobs queued");
            return wait ? await BatchCommand.EndAsync(c, farm, answer, after, stop) : ExitCode.Success;
        }, name, dry, env, noWait);
    }

    private static async Task<int> ListAsync(CommandContext c, string? state, string? package, int limit, CancellationToken stop)
    {
        if (limit < 1) throw new CommandFailedException(ExitCode.Usage, "--limit must be at least 1.");
        foreach (string word in state?.Split(',') ?? [])
            if (!JobStates.TryParse(word, out _))
                throw new CommandFailedException(ExitCode.Usage, $"--state: '{word}' is not a state of jobs; there are {string.Join(", ", Enum.GetValues<JobState>().Select(s => s.Word()))}.");
        using var farm = c.Connect();
        string query = $"/api/v1/jobs?limit={Math.Clamp(limit, 1, 1000).ToString(CultureInfo.InvariantCulture)}" +
            (state is null ? "" : $"&state={Uri.EscapeDataString(state)}") + (package is null ? "" : $"&package={Uri.EscapeDataString(package)}");
        var jobs = await farm.ListAsync(query, "before", limit, stop);
        while (jobs.Count > limit) jobs.RemoveAt(jobs.Count - 1);
        if (c.Json) c.WriteJson(jobs);
        else c.Terminal.Table(["JOB", "WHAT", "STATE", "WORKER", "TIME", "SUBMITTED", "REASON"],
            [.. jobs.Select(j => (IReadOnlyList<string>)[Show.Text(j, "number"), Show.Text(j, "title"), Show.Text(j, "state"), Show.Text(j, "worker"), Show.Seconds(j!["seconds"]), Show.Time(j["created_at"]), Show.Text(j, "reason")])]);
        return ExitCode.Success;
    }

    private static async Task<int> ShowAsync(CommandContext c, string id, CancellationToken stop)
    {
        using var farm = c.Connect();
        var job = await farm.GetAsync($"/api/v1/jobs/{Uri.EscapeDataString(id)}", stop);
        if (c.Json)
        {
            c.WriteJson(job);
            return ExitCode.Success;
        }
        foreach (var (key, value) in job)
            if (key != "steps" && value is not null && value.ToString().Length > 0) c.Terminal.Line($"{key.Replace('_', ' '),-18}{(value is JsonArray or JsonObject ? value.ToJsonString() : value)}");
        if (job["steps"] is not JsonArray { Count: > 0 } steps) return ExitCode.Success;
        c.Terminal.Line("");
        c.Terminal.Table(["STEP", "NAME", "STATE", "TIME", "LINES", "REASON"],
        [
            .. steps.Select(s => (IReadOnlyList<string>)
                [Show.Text(s, "position"), Show.Text(s, "name"), Show.Text(s, "state"), Show.Seconds(s!["seconds"]), Show.Text(s, "lines"), Show.Text(s, "reason")]),
        ]);
        return ExitCode.Success;
    }

    private static async Task<int> LogAsync(CommandContext c, string id, string? step, bool follow, CancellationToken stop)
    {
        using var farm = c.Connect();
        if (step is not null && follow) throw new CommandFailedException(ExitCode.Usage, "--follow shows the whole log; --step shows what one step has written so far.");
        string only = step is null ? "" : $"step={await PositionAsync(farm, id, step, stop)}";
        if (follow)
        {
            var end = await JobWatch.FollowLogAsync(farm, id, line =>
            {
                if (c.Json) c.Terminal.Output.WriteLine(line.ToJsonString());
                else c.Terminal.Line(Show.Text(line, "text"));
            }, stop);
            return Show.Text(end, "state") == "succeeded" ? ExitCode.Success : ExitCode.Failed;
        }
        if (c.Json)
        {
            for (long from = 1; ;)
            {
                var page = await farm.GetAsync($"/api/v1/jobs/{Uri.EscapeDataString(id)}/log?from={from.ToString(CultureInfo.InvariantCulture)}&{only}", stop);
                foreach (var line in page["lines"]!.AsArray()) c.Terminal.Output.WriteLine(line!.ToJsonString());
                long next = page["next_line"]!.GetValue<long>();
                if (next == from) return ExitCode.Success;
                from = next;
            }
        }
        using var answer = await farm.OpenAsync($"/api/v1/jobs/{Uri.EscapeDataString(id)}/log/text?{only}", stop);
        await using var body = await answer.Content.ReadAsStreamAsync(stop);
        using var reader = new StreamReader(body);
        while (await reader.ReadLineAsync(stop) is { } text) c.Terminal.Line(text);
        return ExitCode.Success;
    }

    /// <summary>The position of a step that is given by it or by name.</summary>
    private static async Task<string> PositionAsync(FarmClient farm, string id, string step, CancellationToken stop)
    {
        var steps = (await farm.GetAsync($"/api/v1/jobs/{Uri.EscapeDataString(id)}", stop))["steps"]!.AsArray();
        var found = steps.FirstOrDefault(s => Show.Text(s, "name") == step) ?? steps.FirstOrDefault(s => Show.Text(s, "position") == step);
        if (found is not null) return Show.Text(found, "position");
        string known = steps.Count == 0 ? "it has none so far" : $"it has {string.Join(", ", steps.Select(s => Show.Text(s, "name")))}";
        throw new CommandFailedException(ExitCode.Failed, $"Job {id} has no step '{step}'; {known}.");
    }

    private static async Task<int> CancelAsync(CommandContext c, string id, string? reason, CancellationToken stop)
    {
        using var farm = c.Connect();
        var job = await farm.PostAsync($"/api/v1/jobs/{Uri.EscapeDataString(id)}/cancel", reason is null ? [] : new JsonObject { ["reason"] = reason }, stop);
        if (c.Json) c.WriteJson(job);
        else c.Terminal.Line(Show.Text(job, "state") == "running" ? $"job {Show.Text(job, "number")} is being cancelled" : JobEnd.Sentence(job));
        return ExitCode.Success;
    }

    private static async Task<int> WhyAsync(CommandContext c, string id, CancellationToken stop)
    {
        using var farm = c.Connect();
        var why = await farm.GetAsync($"/api/v1/jobs/{Uri.EscapeDataString(id)}/why", stop);
        if (c.Json)
        {
            c.WriteJson(why);
            return ExitCode.Success;
        }
        c.Terminal.Line(Show.Text(why, "sentence"));
        foreach (var detail in why["details"]!.AsArray()) c.Terminal.Line($"  {detail}");
        return ExitCode.Success;
    }
}
