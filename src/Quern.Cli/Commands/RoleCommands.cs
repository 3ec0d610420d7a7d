using System.CommandLine;
using System.Text.Json.Nodes;
using static Quern.Cli.Commands.EstateCommands;

namespace Quern.Cli.Commands;

/// <summary>Roles: what accounts may do.</summary>
internal static class RoleCommands
{
    private static readonly Argument<string> Name = new("ROLE") { Description = "a role" };
    private static readonly Option<string[]> Rights = new("--right") { Description = "a right such as job:submit, job:* or agent:power@GROUP; may be repeated", HelpName = "RIGHT", Required = true };
    private static readonly Option<string?> Description = new("--description") { Description = "a line for others", HelpName = "TEXT" };
    private static readonly Option<bool> OfGroups = new("--of-groups") { Description = "given within a group, not over the whole farm" };

    public static Command Make(CommandMaker make) => CommandMaker.Group("role", "Roles: what accounts may do",
        make.Make("list", "Lists the roles",
            (c, stop) => ListAsync(c, "/api/v1/roles", ["NAME", "WHERE", "RIGHTS", "DESCRIPTION"],
                r => [Show.Text(r, "name"), Flag(r, "of_groups") ? "group" : "farm", Words(r["rights"]), Show.Text(r, "description")], stop)),
        make.Make("put", "Makes a role, or gives one other rights", PutAsync, Name, Rights, Description, OfGroups),
        make.Make("remove", "Removes a role that nobody has",
            (c, stop) => RemoveAsync(c, PathOf(c), c.Result.GetRequiredValue(Name), $"{c.Result.GetRequiredValue(Name)} is removed", stop), Name));

    private static async Task<int> PutAsync(CommandContext c, CancellationToken stop)
    {
        using var farm = c.Connect();
        var before = await farm.FindAsync(PathOf(c), stop);
        var request = new JsonObject
        {
            ["rights"] = Texts(c.Result.GetValue(Rights)),
            ["description"] = c.Result.GetValue(Description) ?? Show.Text(before, "description"),
            ["of_groups"] = before is null ? c.Result.GetValue(OfGroups) : c.Result.GetValue(OfGroups) || Flag(before, "of_groups"),
            ["revision"] = before?["revision"]?.GetValue<long>() ?? 0,
        };
        string name = c.Result.GetRequiredValue(Name);
        return Tell(c, await farm.PutAsync(PathOf(c), request, stop), before is null ? $"{name} is there" : $"{name} is changed");
    }

    private static string PathOf(CommandContext c) => $"/api/v1/roles/{Segment(c.Result.GetRequiredValue(Name))}";
}
