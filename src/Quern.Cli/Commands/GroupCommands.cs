using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using static Quern.Cli.Commands.EstateCommands;

namespace Quern.Cli.Commands;

/// <summary>Groups and who belongs to them.</summary>
internal static class GroupCommands
{
    private static readonly Argument<string> Name = new("GROUP") { Description = "a group, by name or id" };
    private static readonly Argument<string> User = new("USER") { Description = "a user" };
    private static readonly Option<string?> Description = new("--description") { Description = "a line for others", HelpName = "TEXT" };
    private static readonly Option<string?> Owner = new("--owner") { Description = "who owns it; a new group belongs to who makes it", HelpName = "USER" };
    private static readonly Option<string[]> Member = new("--member") { Description = "who belongs to it, as member or in another role; may be repeated", HelpName = "USER[=ROLE]" };
    private static readonly Option<string?> NewName = new("--name") { Description = "another name", HelpName = "NAME" };
    private static readonly Option<string?> MoveAgentsTo = new("--move-agents-to") { Description = "the group that takes its agents", HelpName = "GROUP" };
    private static readonly Option<string> Role = new("--role") { Description = "what the user may do there", HelpName = "ROLE", DefaultValueFactory = _ => "member" };
    private static readonly Option<string?> Prefix = new("--prefix") { Description = "only those whose name begins so", HelpName = "TEXT" };
    private static readonly Option<long> At = Revision();

    public static Command Make(CommandMaker make) => CommandMaker.Group("group", "Groups of people, who look after something together",
        make.Make("add", "Makes a group", AddAsync, Name, Description, Owner, Member),
        make.Make("list", "Lists the groups that you may see",
            (c, stop) => ListAsync(c, $"/api/v1/groups?prefix={Segment(c.Result.GetValue(Prefix) ?? "")}", ["NAME", "OWNER", "MEMBERS", "AGENTS", "DESCRIPTION"], Row, stop), Prefix),
        make.Make("show", "Shows a group", ShowAsync, Name),
        make.Make("set", "Changes a group", SetAsync, Name, NewName, Description, Owner, At),
        make.Make("remove", "Removes a group", RemoveAsync, Name, MoveAgentsTo, At),
        CommandMaker.Group("member", "Who belongs to a group",
            make.Make("add", "Takes a user into a group, or gives another role there",
                (c, stop) => ChangeAsync(c, "add_members", $"{c.Result.GetRequiredValue(User)}={c.Result.GetRequiredValue(Role)}", $"is {c.Result.GetRequiredValue(Role)} of", stop),
                Name, User, Role),
            make.Make("remove", "Takes a user out of a group", (c, stop) => ChangeAsync(c, "remove_members", c.Result.GetRequiredValue(User), "does not belong to", stop), Name, User)));

    private static async Task<int> AddAsync(CommandContext c, CancellationToken stop)
    {
        string name = c.Result.GetRequiredValue(Name);
        var request = new JsonObject { ["name"] = name, ["members"] = Texts(c.Result.GetValue(Member)) };
        Put(request, "description", c.Result.GetValue(Description));
        Put(request, "owner", c.Result.GetValue(Owner));
        using var farm = c.Connect();
        return Tell(c, await farm.PostAsync("/api/v1/groups", request, stop), $"{name} is there");
    }

    private static async Task<int> ShowAsync(CommandContext c, CancellationToken stop)
    {
        using var farm = c.Connect();
        var group = await farm.GetAsync(PathOf(c), stop);
        if (c.Json)
        {
            c.WriteJson(group);
            return ExitCode.Success;
        }
        c.Terminal.Line($"{Show.Text(group, "name")} ({Show.Text(group, "id")}), revision {Show.Text(group, "revision")}");
        if (Show.Text(group, "description") is { Length: > 0 } text) c.Terminal.Line(text);
        c.Terminal.Line($"owner: {Show.Text(group, "owner")}");
        foreach (var member in group["members"]!.AsArray()) c.Terminal.Line($"{Show.Text(member, "role")}: {Show.Text(member, "user")}");
        c.Terminal.Line($"agents: {Show.Text(group, "agents")}");
        return ExitCode.Success;
    }

    private static async Task<int> SetAsync(CommandContext c, CancellationToken stop)
    {
        var request = new JsonObject();
        Put(request, "name", c.Result.GetValue(NewName));
        Put(request, "description", c.Result.GetValue(Description));
        Put(request, "owner", c.Result.GetValue(Owner));
        if (request.Count == 0) throw new CommandFailedException(ExitCode.Usage, "Say what is to be different; 'quern group set --help' lists what can be.");
        if (c.Result.GetValue(At) is > 0 and var revision) request["revision"] = revision;
        using var farm = c.Connect();
        return Tell(c, await farm.PatchAsync(PathOf(c), request, stop), $"{c.Result.GetRequiredValue(Name)} is changed");
    }

    private static Task<int> RemoveAsync(CommandContext c, CancellationToken stop)
    {
        string name = c.Result.GetRequiredValue(Name);
        string revision = c.Result.GetValue(At).ToString(CultureInfo.InvariantCulture);
        string path = $"{PathOf(c)}?revision={revision}&move_agents_to={Segment(c.Result.GetValue(MoveAgentsTo) ?? "")}";
        return EstateCommands.RemoveAsync(c, path, name, $"{name} is removed", stop);
    }

    private static async Task<int> ChangeAsync(CommandContext c, string what, string member, string done, CancellationToken stop)
    {
        using var farm = c.Connect();
        var group = await farm.PatchAsync(PathOf(c), new JsonObject { [what] = Texts([member]) }, stop);
        return Tell(c, group, $"{c.Result.GetRequiredValue(User)} {done} {c.Result.GetRequiredValue(Name)}");
    }

    private static string PathOf(CommandContext c) => $"/api/v1/groups/{Segment(c.Result.GetRequiredValue(Name))}";

    private static IReadOnlyList<string> Row(JsonNode group) =>
    [
        Show.Text(group, "name"), Show.Text(group, "owner"),
        string.Join(' ', group["members"]!.AsArray().Select(m => Show.Text(m, "role") is "member" ? Show.Text(m, "user") : $"{Show.Text(m, "user")}={Show.Text(m, "role")}")),
        Show.Text(group, "agents"), Show.Text(group, "description"),
    ];
}
