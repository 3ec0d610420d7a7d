using System.CommandLine;
using System.Text.Json.Nodes;
using Quern.Cli.Client;
using static Quern.Cli.Commands.EstateCommands;

namespace Quern.Cli.Commands;

/// <summary>Agents of groups, and the keys that let them in.</summary>
internal static class AgentCommands
{
    private const string Path = "/api/v1/agents";
    private const int SecondsOfHour = 3600;

    /// <param name="building">The commands that make agents.</param>
    public static Command Make(CommandMaker make, IEnumerable<Command> building)
    {
        var agent = new Argument<string>("AGENT") { Description = "its name or UUID" };
        var name = new Argument<string>("NAME") { Description = "what it is to be called" };
        var group = new Option<string?>("--group") { Description = "of one group alone", HelpName = "GROUP" };
        var online = new Option<bool>("--online") { Description = "those that are connected" };
        var off = new Option<bool>("--off") { Description = "give it jobs again" };
        return CommandMaker.Group("agent", "Agents: workers that joined with a key and work by a certificate",
        [
            .. building,
            make.Make("list", "Lists the agents", (c, stop) => ListAsync(c, c.Result.GetValue(group), c.Result.GetValue(online), stop), group, online),
            make.Make("show", "Shows one agent", (c, stop) => ShowAsync(c, c.Result.GetRequiredValue(agent), stop), agent),
            make.Make("rename", "Gives an agent another name, when it runs nothing",
                (c, stop) => ChangeAsync(c, agent, "rename", new JsonObject { ["name"] = c.Result.GetRequiredValue(name) }, "is its name now", stop), agent, name),
            make.Make("drain", "Gives an agent no more jobs; what runs goes on",
                (c, stop) => c.Result.GetValue(off)
                    ? ChangeAsync(c, agent, "resume", [], "gets jobs again", stop)
                    : ChangeAsync(c, agent, "drain", [], "gets no more jobs", stop), agent, off),
            make.Make("revoke", "Makes an agent's certificates worthless and ends its connection at once",
                (c, stop) => ChangeAsync(c, agent, "revoke", [], "is revoked", stop), agent),
            make.Make("rotate", "Asks an agent for a new key pair and certificate; it finishes what it runs first",
                (c, stop) => ChangeAsync(c, agent, "rotate", [], "is asked to renew its certificate", stop), agent),
            make.Make("approve", "Lets an agent in that waits", (c, stop) => ChangeAsync(c, agent, "approve", [], "is let in", stop), agent),
            make.Make("reject", "Turns an agent away that waits", (c, stop) => ChangeAsync(c, agent, "reject", [], "is turned away", stop), agent),
            make.Make("forget", "Removes an agent and its worker's account", (c, stop) => ForgetAsync(c, c.Result.GetRequiredValue(agent), stop), agent),
            AgentUpgradeCommand.Make(make),
            Keys(make),
        ]);
    }

    private static Command Keys(CommandMaker make)
    {
        var id = new Argument<string>("ID") { Description = "of a key, as the list shows it" };
        var of = new Option<string?>("--group") { Description = "of one group alone", HelpName = "GROUP" };
        var group = new Option<string>("--group") { Description = "the group whose agents it lets in", HelpName = "GROUP", Required = true };
        var uses = new Option<int>("--uses") { Description = "how many agents it lets in (1)", HelpName = "N", DefaultValueFactory = _ => 1 };
        var hours = new Option<int>("--hours") { Description = "how long it is good (24; at most 720)", HelpName = "N", DefaultValueFactory = _ => 24 };
        var approval = new Option<bool>("--approval") { Description = "somebody must let each agent in" };
        var network = new Option<string[]>("--network") { Description = "where it may be used from, such as 10.1.0.0/16; may be repeated", HelpName = "CIDR" };
        var tag = new Option<string[]>("--tag") { Description = "a tag of the agents' workers; may be repeated", HelpName = "TAG" };
        var slots = new Option<int>("--slots") { Description = "jobs at once on each of them (1)", HelpName = "N", DefaultValueFactory = _ => 1 };
        var note = new Option<string>("--note") { Description = "for people", HelpName = "TEXT", DefaultValueFactory = _ => "" };
        return CommandMaker.Group("key", "Keys that let agents in for the first time",
            make.Make("create", "Makes a key, shown once", (c, stop) => CreateKeyAsync(c, new JsonObject
            {
                ["group"] = c.Result.GetRequiredValue(group),
                ["max_uses"] = c.Result.GetValue(uses),
                ["lifetime_seconds"] = Math.Clamp(c.Result.GetValue(hours), 0, int.MaxValue / SecondsOfHour) * SecondsOfHour,
                ["require_approval"] = c.Result.GetValue(approval),
                ["networks"] = Texts(c.Result.GetValue(network)),
                ["tags"] = Texts(c.Result.GetValue(tag)),
                ["slots"] = c.Result.GetValue(slots),
                ["note"] = c.Result.GetValue(note),
            }, stop), group, uses, hours, approval, network, tag, slots, note),
            make.Make("list", "Lists the keys; their secrets are kept nowhere", (c, stop) => ListKeysAsync(c, c.Result.GetValue(of), stop), of),
            make.Make("revoke", "Makes a key worthless; whoever came in with it stays", (c, stop) => RevokeKeyAsync(c, c.Result.GetRequiredValue(id), stop), id));
    }

    private static Task<int> ListAsync(CommandContext c, string? group, bool online, CancellationToken stop) =>
        EstateCommands.ListAsync(c, $"{Path}?online={(online ? "true" : "false")}&group={Segment(group ?? "")}",
            ["NAME", "GROUP", "STATE", "HOST", "PLATFORM", "VERSION", "LAST SEEN", "CERTIFICATE UNTIL"],
            a => [
                Show.Text(a, "name"), Show.Text(a, "group"), StateOf(a), Show.Text(a, "hostname"), Show.Text(a, "platform"), Show.Text(a, "version"),
                Show.Time(a["last_seen_at"]), Show.Time(a["certificate_not_after"])], stop);

    private static async Task<int> ShowAsync(CommandContext c, string agent, CancellationToken stop)
    {
        using var farm = c.Connect();
        var found = await farm.GetAsync(At(agent), stop);
        if (c.Json)
        {
            c.WriteJson(found);
            return ExitCode.Success;
        }
        c.Terminal.Line($"{"state",-24}{StateOf(found)}");
        foreach (string key in (string[])["uuid", "name", "group", "hostname", "platform", "version", "address", "slots"]) c.Terminal.Line($"{key,-24}{Show.Text(found, key)}");
        if (found["reported_at"] is { } reported)
        {
            foreach (string key in (string[])["os", "processor", "install_folder"]) c.Terminal.Line($"{key,-24}{Show.Text(found, key)}");
            c.Terminal.Line($"{"boot_agent",-24}{((bool)found["boot_agent"]! ? "found" : "none found")}");
            c.Terminal.Line($"{"reported_at",-24}{Show.Time(reported)}");
        }
        c.Terminal.Line($"{"tags",-24}{Words(found["tags"])}");
        foreach (string key in (string[])["first_seen_at", "last_seen_at", "certificate_not_after"]) c.Terminal.Line($"{key,-24}{Show.Time(found[key])}");
        return ExitCode.Success;
    }

    private static async Task<int> ChangeAsync(CommandContext c, Argument<string> agent, string what, JsonObject body, string done, CancellationToken stop)
    {
        using var farm = c.Connect();
        var changed = await farm.PostAsync($"{At(c.Result.GetRequiredValue(agent))}/{what}", body, stop);
        return Tell(c, changed, $"{Show.Text(changed, "name")} {done}");
    }

    private static async Task<int> ForgetAsync(CommandContext c, string agent, CancellationToken stop)
    {
        using var farm = c.Connect();
        await farm.DeleteAsync(At(agent), stop);
        return Tell(c, new JsonObject { ["forgotten"] = agent }, $"{agent} is forgotten");
    }

    private static async Task<int> CreateKeyAsync(CommandContext c, JsonObject wanted, CancellationToken stop)
    {
        using var farm = c.Connect();
        var made = await farm.PostAsync($"{Path}/keys", wanted, stop);
        if (c.Json)
        {
            c.WriteJson(made);
            return ExitCode.Success;
        }
        c.Terminal.Line(Show.Text(made, "key"));
        c.Terminal.Note($"Key {Show.Text(made, "id")} is good until {Show.Time(made["expires_at"])}Z and is not shown again.");
        return ExitCode.Success;
    }

    private static async Task<int> ListKeysAsync(CommandContext c, string? group, CancellationToken stop)
    {
        using var farm = c.Connect();
        var items = (await farm.GetAsync($"{Path}/keys?group={Uri.EscapeDataString(group ?? "")}", stop))["items"]!.AsArray();
        if (c.Json) c.WriteJson(items);
        else c.Terminal.Table(["ID", "GROUP", "STATE", "USES LEFT", "UNTIL", "NETWORKS", "MADE BY", "NOTE"],
            [.. items.Select(k => (IReadOnlyList<string>)[
                Show.Text(k, "id"), Show.Text(k, "group"), Show.Text(k, "state"), $"{Show.Text(k, "uses_left")}/{Show.Text(k, "max_uses")}", Show.Time(k!["expires_at"]),
                Words(k["networks"]), Show.Text(k, "created_by"), Show.Text(k, "note")])]);
        return ExitCode.Success;
    }

    private static async Task<int> RevokeKeyAsync(CommandContext c, string id, CancellationToken stop)
    {
        using var farm = c.Connect();
        await farm.DeleteAsync($"{Path}/keys/{Segment(id)}", stop);
        return Tell(c, new JsonObject { ["revoked"] = id }, $"{id} is revoked");
    }

    private static string StateOf(JsonNode agent) => string.Join(", ", StatesOf(agent));

    private static IEnumerable<string> StatesOf(JsonNode agent)
    {
        yield return Show.Text(agent, "state") is not "active" and var state ? state : (bool)agent["online"]! ? "online" : "away";
        if ((bool)agent["drained"]!) yield return "drained";
        if ((bool)agent["renewal_asked"]!) yield return "renewing";
    }

    private static string At(string agent) => $"{Path}/{Segment(agent)}";
}
