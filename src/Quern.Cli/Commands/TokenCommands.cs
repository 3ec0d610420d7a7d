using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using static Quern.Cli.Commands.EstateCommands;

namespace Quern.Cli.Commands;

/// <summary>API tokens for programs, and sessions of people.</summary>
internal static class TokenCommands
{
    private static readonly Argument<string> Name = new("NAME") { Description = "what to know it by" };
    private static readonly Argument<string> Id = new("ID") { Description = "as the list shows it" };
    private static readonly Option<string[]> Rights = new("--right") { Description = "a right that you have, such as job:submit or job:*; may be repeated", HelpName = "RIGHT", Required = true };
    private static readonly Option<string?> Group = new("--group") { Description = "the rights hold within this group alone", HelpName = "GROUP" };
    private static readonly Option<string?> Expires = new("--expires") { Description = "when it ends, such as 2027-01-31 or 90d", HelpName = Moments.Help };
    private static readonly Option<string[]> Network = new("--network") { Description = "where it is good from, such as 192.0.2.0/24; may be repeated", HelpName = "CIDR" };
    private static readonly Option<string?> Out = new("--out") { Description = "a file that gets the token, for its owner alone; shown when left out", HelpName = "FILE" };
    private static readonly Option<string?> User = new("--user") { Description = "of another user", HelpName = "NAME" };

    public static Command Make(CommandMaker make) => CommandMaker.Group("token", "API tokens: what programs sign in with",
        make.Make("create", "Makes a token of your account that may do part of what you may; it is shown once", CreateAsync, Name, Rights, Group, Expires, Network, Out),
        make.Make("list", "Lists tokens", (c, stop) => ListAsync(c, $"/api/v1/tokens{Of(c)}", ["ID", "NAME", "RIGHTS", "ENDS", "LAST USED"],
            t => [Show.Text(t, "id"), Show.Text(t, "name"), Words(t["rights"]), Show.Time(t["expires_at"]), Show.Time(t["last_used_at"])], stop), User),
        make.Make("revoke", "Makes a token worthless",
            (c, stop) => RemoveAsync(c, $"/api/v1/tokens/{Segment(c.Result.GetRequiredValue(Id))}", c.Result.GetRequiredValue(Id), $"{c.Result.GetRequiredValue(Id)} is worthless", stop), Id));

    public static Command Sessions(CommandMaker make) => CommandMaker.Group("session", "Sessions: who is signed in",
        make.Make("list", "Lists sessions", (c, stop) => ListAsync(c, $"/api/v1/sessions{Of(c)}", ["ID", "FROM", "WITH", "SINCE", "LAST USED", "ENDS"],
            t => [Show.Text(t, "id") + (Flag(t, "current") ? " *" : ""), Show.Text(t, "address"), Show.Text(t, "product"), Show.Time(t["created_at"]), Show.Time(t["last_used_at"]), Show.Time(t["expires_at"])],
            stop), User),
        make.Make("end", "Ends a session",
            (c, stop) => RemoveAsync(c, $"/api/v1/sessions/{Segment(c.Result.GetRequiredValue(Id))}", c.Result.GetRequiredValue(Id), $"{c.Result.GetRequiredValue(Id)} is over", stop), Id));

    private static async Task<int> CreateAsync(CommandContext c, CancellationToken stop)
    {
        var request = new JsonObject { ["name"] = c.Result.GetRequiredValue(Name), ["rights"] = Texts(c.Result.GetValue(Rights)) };
        Put(request, "group", c.Result.GetValue(Group));
        if (c.Result.GetValue(Expires) is { } end) request["expires_at"] = Moments.Json(Moments.Read(Expires.Name, end, ahead: true));
        if (c.Result.GetValue(Network) is { Length: > 0 } networks) request["networks"] = Texts(networks);
        string? file = c.Result.GetValue(Out);
        // Before it is made: one that cannot be kept would be lost.
        if (file is not null && Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder))
            throw new CommandFailedException(ExitCode.Usage, $"{Out.Name}: there is no folder '{folder}'.");
        using var farm = c.Connect();
        var made = await farm.PostAsync("/api/v1/tokens", request, stop);
        string token = Show.Text(made, "token");
        if (file is not null)
        {
            WholeFile.Write(file, Encoding.UTF8.GetBytes(token + "\n"), owners: true);
            made.Remove("token");
            made["token_file"] = Path.GetFullPath(file);
        }
        if (c.Json)
        {
            c.WriteJson(made);
            return ExitCode.Success;
        }
        c.Terminal.Line(file is null ? token : $"{Show.Text(made, "id")} is in {file}");
        if (file is null) c.Terminal.Note($"Its id is {Show.Text(made, "id")}. The token is shown this once; keep it where only its program reads it.");
        if (made["expires_at"] is { } last) c.Terminal.Note($"It ends {Show.Time(last)} UTC.");
        return ExitCode.Success;
    }

    private static string Of(CommandContext c) => c.Result.GetValue(User) is { } user ? $"?user={Segment(user)}" : "";
}
