using System.CommandLine;
using System.Text.Json.Nodes;

namespace Quern.Cli.Commands;

/// <summary>Builders of the master's configuration: what there is, and runs of them.</summary>
internal static class BuilderCommands
{
    public static IEnumerable<Command> All(CommandMaker make)
    {
        yield return Run(make);
        var shown = new Argument<string>("BUILDER") { Description = "a builder's name" };
        yield return CommandMaker.Group("builder", "Builders",
            make.Make("list", "Lists the builders", ListAsync),
            make.Make("show", "Shows a builder's properties, steps and newest runs", (c, stop) => ShowAsync(c, c.Result.GetRequiredValue(shown), stop), shown));
    }

    private static Command Run(CommandMaker make)
    {
        var name = new Argument<string>("BUILDER") { Description = "a builder's name" };
        var property = new Option<string[]>("--property", "-p") { Description = "a value of this run; may be repeated", HelpName = "NAME=VALUE" };
        var title = new Option<string?>("--title") { Description = "what pages call the run", HelpName = "TEXT" };
        var priority = new Option<int?>("--priority") { Description = "instead of the builder's own; higher runs first", HelpName = "N" };
        var follow = new Option<bool>("--follow", "-f") { Description = "show the log while it runs" };
        var noWait = new Option<bool>("--no-wait") { Description = "do not wait for the end" };
        return make.Make("run", "Runs a builder", async (c, stop) =>
        {
            using var farm = c.Connect();
            var request = new JsonObject { ["properties"] = PropertiesOf(c.Result.GetValue(property) ?? []) };
            if (c.Result.GetValue(title) is { } text) request["title"] = text;
            if (c.Result.GetValue(priority) is { } number) request["priority"] = number;
            long after = (await farm.GetAsync("/api/v1/farm", stop))["last_event"]!.GetValue<long>();
            var answer = await farm.PostAsync($"/api/v1/builders/{Uri.EscapeDataString(c.Result.GetRequiredValue(name))}/runs", request, stop);
            return await JobEnd.AwaitAsync(c, farm, answer["jobs"]!.AsArray(), after, c.Result.GetValue(follow), !c.Result.GetValue(noWait), stop);
        }, name, property, title, priority, follow, noWait);
    }

    private static JsonObject PropertiesOf(string[] given)
    {
        var properties = new JsonObject();
        foreach (string pair in given)
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new CommandFailedException(ExitCode.Usage, $"--property: '{pair}' is not NAME=VALUE.");
            if (!properties.TryAdd(pair[..equals], pair[(equals + 1)..])) throw new CommandFailedException(ExitCode.Usage, $"--property: '{pair[..equals]}' is given twice.");
        }
        return properties;
    }

    private static async Task<int> ListAsync(CommandContext c, CancellationToken stop)
    {
        using var farm = c.Connect();
        var page = await farm.GetAsync("/api/v1/builders", stop);
        if (c.Json) c.WriteJson(page["items"]!);
        else
        {
            c.Terminal.Table(["BUILDER", "STEPS", "RUNS ON", "LOCKS", "PROPERTIES", "DESCRIPTION"],
            [
                .. page["items"]!.AsArray().Select(b => (IReadOnlyList<string>)
                    [Show.Text(b, "name"), b!["steps"]!.AsArray().Count.ToString(System.Globalization.CultureInfo.InvariantCulture), RunsOn(b), Words(b["locks"]), PropertiesIn(b), Show.Text(b, "description")]),
            ]);
        }
        return ExitCode.Success;
    }

    private static async Task<int> ShowAsync(CommandContext c, string name, CancellationToken stop)
    {
        using var farm = c.Connect();
        string path = $"/api/v1/builders/{Uri.EscapeDataString(name)}";
        var builder = await farm.GetAsync(path, stop);
        if (c.Json)
        {
            c.WriteJson(builder);
            return ExitCode.Success;
        }
        c.Terminal.Line($"{Show.Text(builder, "name")}  {Show.Text(builder, "description")}".TrimEnd());
        c.Terminal.Line($"runs on     {RunsOn(builder)}");
        if (Words(builder["locks"]) is { Length: > 0 } locks) c.Terminal.Line($"locks       {locks}");
        foreach (var p in builder["properties"]!.AsArray())
        {
            string choices = Words(p!["choices"]);
            c.Terminal.Line($"property    {Show.Text(p, "name")}{(p["default"] is { } value ? $" = {value}" : "  (must be given)")}" +
                $"{(choices.Length > 0 ? $"  one of {choices}" : "")}{(Show.Text(p, "description") is { Length: > 0 } said ? $"  {said}" : "")}");
        }
        c.Terminal.Line("");
        c.Terminal.Table(["STEP", "KIND", "ON FAILURE", "IF"],
            [.. builder["steps"]!.AsArray().Select(s => (IReadOnlyList<string>)[Show.Text(s, "name"), Show.Text(s, "kind"), OnFailure(s!), Show.Text(s, "if")])]);
        var runs = (await farm.GetAsync($"{path}/runs?limit=10", stop))["items"]!.AsArray();
        if (runs.Count > 0) c.Terminal.Line("");
        foreach (var run in runs) c.Terminal.Line(JobEnd.Sentence(run!));
        return ExitCode.Success;
    }

    private static string RunsOn(JsonNode? builder)
    {
        string workers = Words(builder?["workers"]), tags = Words(builder?["tags"]);
        return workers.Length + tags.Length == 0 ? "any worker" : string.Join("; ", new[] { workers, tags.Length > 0 ? $"tags {tags}" : "" }.Where(t => t.Length > 0));
    }

    private static string PropertiesIn(JsonNode builder) =>
        string.Join(", ", builder["properties"]!.AsArray().Select(p => Show.Text(p, "name")));

    private static string OnFailure(JsonNode step)
    {
        bool halts = step["halt_on_failure"]!.GetValue<bool>();
        return Show.Text(step, "on_failure") + (halts ? ", halts" : "") + (step["always_run"]!.GetValue<bool>() ? "; always runs" : "");
    }

    private static string Words(JsonNode? list) => string.Join(", ", list?.AsArray().Select(w => w!.ToString()) ?? []);
}
