using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Quern.Cli.Commands;

/// <summary>Agents made to order, and brought to their machines.</summary>
internal static class AgentBuildCommands
{
    private static readonly Argument<string> Group = new("GROUP") { Description = "the group that it joins: name or id" };
    private static readonly Option<string?> Platform = new("--platform") { Description = "for instance linux-arm64 (default: the farm's own); 'quern agent platforms' lists them", HelpName = "RID" };
    private static readonly Option<string[]> Tags = new("--tag") { Description = "a tag of its worker; may be repeated", HelpName = "TAG" };
    private static readonly Option<int?> Slots = new("--slots") { Description = "jobs at once (default 1)", HelpName = "N" };
    private static readonly Option<string[]> Addresses = new("--address") { Description = "where it finds the farm's listener for administration; may be repeated, in the order to try", HelpName = "HOST:PORT" };

    public static IEnumerable<Command> All(CommandMaker make)
    {
        var format = new Option<string>("--format") { Description = "tar.gz, sh, deb, rpm or oci", HelpName = "FORMAT", Required = true };
        var output = new Option<string?>("--output") { Description = "default: the name that the format gives it, in this folder", HelpName = "FILE" };
        var link = new Option<bool>("--link") { Description = "fetch nothing; show a link that anybody can use once, within an hour" };
        yield return make.Make("build", "Builds an installable agent of a group and fetches it",
            (c, stop) => BuildAsync(c, c.Result.GetRequiredValue(format), c.Result.GetValue(output), c.Result.GetValue(link), stop),
            Group, format, Platform, Tags, Slots, Addresses, output, link);
        yield return AgentDeployCommand.Make(make, Group, [Platform, Tags, Slots, Addresses]);
        yield return make.Make("platforms", "Lists what agents can be built for, and as what", PlatformsAsync);
    }

    /// <summary>What building and deploying have in common.</summary>
    public static JsonObject OrderOf(CommandContext c, string format) => new()
    {
        ["group"] = c.Result.GetRequiredValue(Group),
        ["format"] = format,
        ["platform"] = c.Result.GetValue(Platform),
        ["tags"] = new JsonArray([.. (c.Result.GetValue(Tags) ?? []).Select(t => (JsonNode)t)]),
        ["slots"] = c.Result.GetValue(Slots) ?? 1,
        ["addresses"] = new JsonArray([.. (c.Result.GetValue(Addresses) ?? []).Select(a => (JsonNode)a)]),
    };

    private static async Task<int> BuildAsync(CommandContext c, string format, string? output, bool link, CancellationToken stop)
    {
        using var farm = c.Connect();
        var ordered = await farm.PostAsync("/api/v1/agents/builds", OrderOf(c, format), stop);
        var build = await AgentBuildWatch.UntilEndedAsync(c, farm, ordered, "building", stop);
        if (Show.Text(build, "state") != "done") throw new CommandFailedException(ExitCode.Failed, Show.Text(build, "message"));
        string path = $"/api/v1/agents/builds/{Show.Text(build, "id")}";
        // Whoever has the file can join with the key in it.
        if (!link) return await Downloads.SaveAsync(c, farm, $"{path}/artifact", Show.Text(build["artifact"], "name"), output ?? "", "quern-agent", stop, owners: true);
        var made = await farm.PostAsync($"{path}/link", [], stop);
        string address = new Uri(farm.Server, Show.Text(made, "path")).ToString();
        if (c.Json) c.WriteJson(new JsonObject { ["link"] = address, ["expires_at"] = Show.Text(made, "expires_at"), ["sha256"] = Show.Text(build["artifact"], "sha256") });
        else c.Terminal.Line($"{address}\ngood once, until {Show.Time(made["expires_at"])}Z; SHA-256 {Show.Text(build["artifact"], "sha256")}");
        return ExitCode.Success;
    }

    private static async Task<int> PlatformsAsync(CommandContext c, CancellationToken stop)
    {
        using var farm = c.Connect();
        var answer = await farm.GetAsync("/api/v1/agents/payloads", stop);
        if (c.Json)
        {
            c.WriteJson(answer);
            return ExitCode.Success;
        }
        c.Terminal.Table(["PLATFORM", "PROGRAM", "IMAGES", ""],
            [.. answer["platforms"]!.AsArray().Select(p => (IReadOnlyList<string>)
            [
                Show.Text(p, "platform"),
                p!["bytes"] is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes") : "missing",
                p["has_base"]!.GetValue<bool>() ? "yes" : "no",
                p["here"]!.GetValue<bool>() ? "the farm's own" : "",
            ])]);
        c.Terminal.Line($"formats: {string.Join(", ", answer["formats"]!.AsArray())}");
        return ExitCode.Success;
    }
}
