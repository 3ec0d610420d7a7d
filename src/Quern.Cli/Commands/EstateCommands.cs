using System.CommandLine;
using System.Text.Json.Nodes;
using Quern.Cli.Client;

namespace Quern.Cli.Commands;

/// <summary>People and what they may do; and what all these commands have in common.</summary>
internal static class EstateCommands
{
    public static IEnumerable<Command> All(CommandMaker make)
    {
        yield return AccountCommands.Make(make);
        yield return UserCommands.Make(make);
        yield return GroupCommands.Make(make);
        yield return RoleCommands.Make(make);
        yield return TokenCommands.Make(make);
        yield return TokenCommands.Sessions(make);
        yield return AuditCommand.Make(make);
    }

    public static Option<long> Revision() => new("--revision") { Description = "change it only if it is still at this revision", HelpName = "N" };

    public static JsonArray Texts(IEnumerable<string>? words) => [.. (words ?? []).Select(w => (JsonNode)w)];

    public static string Segment(string name) => Uri.EscapeDataString(name);

    /// <summary>Leaves a member out where an option was left out.</summary>
    public static void Put(JsonObject request, string name, string? value)
    {
        if (value is not null) request[name] = value;
    }

    /// <summary>Writes what is there now: as JSON, or in a sentence.</summary>
    public static int Tell(CommandContext c, JsonNode? answer, string sentence)
    {
        if (c.Json) c.WriteJson(answer ?? new JsonObject());
        else c.Terminal.Line(sentence);
        return ExitCode.Success;
    }

    /// <summary>Removes something by its address.</summary>
    public static async Task<int> RemoveAsync(CommandContext c, string path, string name, string sentence, CancellationToken stop)
    {
        using var farm = c.Connect();
        await farm.DeleteAsync(path, stop);
        return Tell(c, new JsonObject { ["removed"] = name }, sentence);
    }

    /// <summary>A whole list, as a table or as JSON.</summary>
    public static async Task<int> ListAsync(
        CommandContext c, string path, IReadOnlyList<string> headers, Func<JsonNode, IReadOnlyList<string>> row, CancellationToken stop)
    {
        using var farm = c.Connect();
        var items = await farm.ListAsync(path, "after", int.MaxValue, stop);
        if (c.Json) c.WriteJson(items);
        else c.Terminal.Table(headers, [.. items.Select(i => row(i!))]);
        return ExitCode.Success;
    }

    public static string Words(JsonNode? list) => string.Join(' ', (list?.AsArray() ?? []).Select(w => w!.ToString()));

    public static bool Flag(JsonNode? node, string key) => node?[key]?.GetValue<bool>() ?? false;
}
