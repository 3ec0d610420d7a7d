using System.CommandLine;
using System.Text.Json.Nodes;
using Quern.Cli.Client;

namespace Quern.Cli.Commands;

/// <summary><c>quern agent upgrade</c>: another program for agents, one after the other.</summary>
internal static class AgentUpgradeCommand
{
    private const string Path = "/api/v1/agents/upgrade";

    /// <summary>Each agent drains, gets a file and comes back: nobody waits for a second of it.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    public static Command Make(CommandMaker make)
    {
        var program = new Option<string?>("--program") { Description = "the new quern-worker, for the agents' platform", HelpName = "FILE" };
        var payload = new Option<bool>("--payload") { Description = "each agent gets the program of its own platform that the farm makes agents of (the default)" };
        var group = new Option<string?>("--group") { Description = "agents of this group alone", HelpName = "GROUP" };
        var agents = new Argument<string[]>("AGENT") { Description = "names or UUIDs (all)", Arity = ArgumentArity.ZeroOrMore };
        return make.Make("upgrade", "Gives agents a new program, one after the other; one that does not join by it goes back, and the rest are left alone",
            (c, stop) => UpgradeAsync(c, c.Result.GetValue(program), c.Result.GetValue(payload), c.Result.GetValue(group), c.Result.GetValue(agents) ?? [], stop),
            agents, program, payload, group);
    }

    private static async Task<int> UpgradeAsync(CommandContext c, string? program, bool payload, string? group, string[] agents, CancellationToken stop)
    {
        if (payload && program is not null) throw new CommandFailedException(ExitCode.Usage, "Give either --program or --payload.");
        using var farm = c.Connect();
        var said = new Dictionary<string, string>();
        string asked = $"{Path}?payload={(program is null ? "true" : "false")}&group={Uri.EscapeDataString(group ?? "")}{string.Concat(agents.Select(a => $"&agent={Uri.EscapeDataString(a)}"))}";
        JsonObject standing;
        await using (Stream file = program is null ? Stream.Null : File.OpenRead(program)) standing = await farm.UploadAsync(asked, file, stop);
        while (true)
        {
            if (!c.Json) Tell(c, standing, said);
            if ((bool)standing["ended"]!) break;
            await Task.Delay(LookEvery, TimeProvider.System, stop);
            standing = await farm.GetAsync(Path, stop);
        }
        if (c.Json) c.WriteJson(standing);
        return standing["agents"]!.AsArray().All(a => Show.Text(a, "state") is "done" or "current") ? ExitCode.Success : ExitCode.Failed;
    }

    private static void Tell(CommandContext c, JsonObject standing, Dictionary<string, string> said)
    {
        foreach (var agent in standing["agents"]!.AsArray())
        {
            string name = Show.Text(agent, "name"), detail = Show.Text(agent, "detail");
            string line = $"{name} {Show.Text(agent, "state")}{(detail.Length > 0 ? $": {detail}" : "")}";
            if (said.TryGetValue(name, out string? before) && before == line) continue;
            said[name] = line;
            c.Terminal.Line(line);
        }
    }
}
