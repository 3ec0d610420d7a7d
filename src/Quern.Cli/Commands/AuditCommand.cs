using System.CommandLine;
using System.Globalization;
using static Quern.Cli.Commands.EstateCommands;

namespace Quern.Cli.Commands;

/// <summary>Who did what to the farm's people and doors, and who tried.</summary>
internal static class AuditCommand
{
    private static readonly Option<string> Since = new("--since") { Description = "from when on", HelpName = Moments.Help, DefaultValueFactory = _ => "7d" };
    private static readonly Option<string?> Until = new("--until") { Description = "until when", HelpName = Moments.Help };
    private static readonly Option<string?> Actor = new("--actor") { Description = "only what this user did; 'farm', 'owner' or 'stranger' for who is none", HelpName = "NAME" };
    private static readonly Option<string?> Kind = new("--kind") { Description = "only kinds that begin so, such as account. or estate.refused", HelpName = "KIND" };

    public static Command Make(CommandMaker make) => make.Make("audit", "Shows who changed people, rights and doors, and who tried, oldest first", (c, stop) =>
    {
        var query = new List<string> { $"since={Segment(Text(Moments.Read(Since.Name, c.Result.GetRequiredValue(Since), ahead: false)))}", "limit=1000" };
        if (c.Result.GetValue(Until) is { } until) query.Add($"until={Segment(Text(Moments.Read(Until.Name, until, ahead: false)))}");
        if (c.Result.GetValue(Actor) is { } actor) query.Add($"actor={Segment(Whole(actor))}");
        if (c.Result.GetValue(Kind) is { } kind) query.Add($"kind={Segment(kind.TrimEnd('*'))}");
        return ListAsync(c, $"/api/v1/audit?{string.Join('&', query)}", ["TIME", "ACTOR", "KIND", "SUBJECT", "FROM", "WHY"],
            e => [Show.Time(e["time"]), Show.Text(e, "actor"), Show.Text(e, "kind"), Show.Text(e, "subject"), Show.Text(e, "address"),
                string.Join(' ', new[] { Show.Text(e["data"], "action"), Show.Text(e["data"], "reason") }.Where(t => t.Length > 0))], stop);
    }, Since, Until, Actor, Kind);

    private static string Whole(string actor) => actor.Contains(':', StringComparison.Ordinal) || actor is "farm" or "owner" or "stranger" ? actor : $"user:{actor}";

    private static string Text(DateTimeOffset moment) => moment.ToString("O", CultureInfo.InvariantCulture);
}
