using System.CommandLine;
using System.Text.Json.Nodes;
using static Quern.Cli.Commands.EstateCommands;

namespace Quern.Cli.Commands;

/// <summary>Accounts of others.</summary>
internal static class UserCommands
{
    private static readonly Argument<string> Name = new("NAME") { Description = "a user" };
    private static readonly Option<string?> Email = new("--email") { Description = "an e-mail address; '' for none", HelpName = "ADDRESS" };
    private static readonly Option<string?> Phone = new("--phone") { Description = "a phone number such as +49301234567; '' for none", HelpName = "NUMBER" };
    private static readonly Option<string?> Expires = new("--expires") { Description = "when it ends, such as 2027-01-31 or 90d; 'never'", HelpName = Moments.Help };
    private static readonly Option<string[]> Role = new("--role") { Description = "a role over the whole farm; may be repeated", HelpName = "ROLE" };
    private static readonly Option<string[]> AddRole = new("--add-role") { Description = "a role that is given; may be repeated", HelpName = "ROLE" };
    private static readonly Option<string[]> RemoveRole = new("--remove-role") { Description = "a role that is taken away; may be repeated. Sessions and tokens end", HelpName = "ROLE" };
    private static readonly Option<bool> Disable = new("--disable") { Description = "nobody signs in with it; sessions and tokens end" };
    private static readonly Option<bool> Enable = new("--enable") { Description = "it can be used again" };
    private static readonly Option<bool> KeepPassword = new("--keep-password") { Description = "the password need not be changed at the first sign-in" };
    private static readonly Option<string?> PasswordFileOption = SecretInput.FileOption("--password-file", "the password");
    private static readonly Option<string?> NewPasswordFile = SecretInput.FileOption("--new-password-file", "the new password");
    private static readonly Option<string?> Prefix = new("--prefix") { Description = "only those whose name begins so", HelpName = "TEXT" };
    private static readonly Option<string?> TransferTo = new("--transfer-to") { Description = "who becomes owner of the groups that the user owns", HelpName = "NAME" };
    private static readonly Option<long> At = Revision();

    public static Command Make(CommandMaker make) => CommandMaker.Group("user", "Accounts of people",
        make.Make("add", "Makes an account; its user changes the password at the first sign-in", AddAsync, Name, Email, Phone, Expires, Role, PasswordFileOption, KeepPassword),
        make.Make("list", "Lists the accounts",
            (c, stop) => ListAsync(c, $"/api/v1/users?prefix={Segment(c.Result.GetValue(Prefix) ?? "")}", ["NAME", "ROLES", "STATE", "LAST SIGN-IN", "E-MAIL"], Row, stop), Prefix),
        make.Make("show", "Shows an account", ShowAsync, Name),
        make.Make("set", "Changes an account", SetAsync, Name, Email, Phone, Expires, AddRole, RemoveRole, Disable, Enable, At),
        make.Make("remove", "Removes an account; its sessions and tokens end, what it did stays in the journal", RemoveAsync, Name, TransferTo),
        make.Make("unlock", "Lets a user in again who was locked out after too many failures", (c, stop) => TellAsync(c, "unlock", [], "unlocked", stop), Name),
        make.Make("password", "Sets a new password, which the user must change; sessions and tokens of the user end",
            async (c, stop) => await TellAsync(c, "password",
                new JsonObject { ["new_password"] = await SecretInput.AskNewAsync(c, NewPasswordFile, "the old password stays", stop) },
                "has a new password, to be changed at the next sign-in", stop),
            Name, NewPasswordFile),
        CommandMaker.Group("totp", "One-time codes of a user",
            make.Make("remove", "Takes one-time codes off a user who lost the device", (c, stop) => TellAsync(c, "totp/remove", [], "has no one-time codes any more", stop), Name)));

    private static async Task<int> AddAsync(CommandContext c, CancellationToken stop)
    {
        string name = c.Result.GetRequiredValue(Name);
        var request = new JsonObject
        {
            ["name"] = name,
            ["roles"] = Texts(c.Result.GetValue(Role)),
            ["must_change_password"] = !c.Result.GetValue(KeepPassword),
        };
        Put(request, "email", c.Result.GetValue(Email));
        Put(request, "phone", c.Result.GetValue(Phone));
        if (c.Result.GetValue(Expires) is { } end && end != "never") request["expires_at"] = Moments.Json(Moments.Read(Expires.Name, end, ahead: true));
        request["password"] = await SecretInput.AskNewAsync(c, PasswordFileOption, "no account was made", stop);
        using var farm = c.Connect();
        return Tell(c, await farm.PostAsync("/api/v1/users", request, stop), $"{name} is there");
    }

    private static async Task<int> ShowAsync(CommandContext c, CancellationToken stop)
    {
        using var farm = c.Connect();
        var user = await farm.GetAsync($"/api/v1/users/{Segment(c.Result.GetRequiredValue(Name))}", stop);
        if (c.Json)
        {
            c.WriteJson(user);
            return ExitCode.Success;
        }
        c.Terminal.Line($"{Show.Text(user, "name")}: {StateOf(user)}, revision {Show.Text(user, "revision")}");
        c.Terminal.Line($"roles: {Words(user["roles"])}");
        if (Show.Text(user, "email") is { Length: > 0 } email) c.Terminal.Line($"e-mail: {email}");
        if (Show.Text(user, "phone") is { Length: > 0 } phone) c.Terminal.Line($"phone: {phone}");
        c.Terminal.Line($"one-time codes: {(Flag(user, "totp") ? "yes" : "no")}");
        if (user["expires_at"] is { } end) c.Terminal.Line($"ends: {Show.Time(end)}");
        c.Terminal.Line($"made: {Show.Time(user["created_at"])}");
        if (user["last_sign_in_at"] is { } last) c.Terminal.Line($"last sign-in: {Show.Time(last)}");
        return ExitCode.Success;
    }

    private static async Task<int> SetAsync(CommandContext c, CancellationToken stop)
    {
        string name = c.Result.GetRequiredValue(Name);
        bool disable = c.Result.GetValue(Disable), enable = c.Result.GetValue(Enable);
        if (disable && enable) throw new CommandFailedException(ExitCode.Usage, "--disable and --enable say different things; leave one out.");
        var request = new JsonObject();
        Put(request, "email", c.Result.GetValue(Email));
        Put(request, "phone", c.Result.GetValue(Phone));
        if (c.Result.GetValue(Expires) is { } end)
        {
            if (end == "never") request["never_expires"] = true;
            else request["expires_at"] = Moments.Json(Moments.Read(Expires.Name, end, ahead: true));
        }
        if (disable || enable) request["disabled"] = disable;
        if (c.Result.GetValue(AddRole) is { Length: > 0 } given) request["add_roles"] = Texts(given);
        if (c.Result.GetValue(RemoveRole) is { Length: > 0 } taken) request["remove_roles"] = Texts(taken);
        if (request.Count == 0) throw new CommandFailedException(ExitCode.Usage, "Say what is to be different; 'quern user set --help' lists what can be.");
        if (c.Result.GetValue(At) is > 0 and var revision) request["revision"] = revision;
        using var farm = c.Connect();
        return Tell(c, await farm.PatchAsync($"/api/v1/users/{Segment(name)}", request, stop), $"{name} is changed");
    }

    private static Task<int> RemoveAsync(CommandContext c, CancellationToken stop)
    {
        string name = c.Result.GetRequiredValue(Name);
        string heir = c.Result.GetValue(TransferTo) is { } to ? $"?transfer_to={Segment(to)}" : "";
        return EstateCommands.RemoveAsync(c, $"/api/v1/users/{Segment(name)}{heir}", name, $"{name} is removed", stop);
    }

    private static async Task<int> TellAsync(CommandContext c, string what, JsonObject body, string done, CancellationToken stop)
    {
        string user = c.Result.GetRequiredValue(Name);
        using var farm = c.Connect();
        await farm.TellAsync($"/api/v1/users/{Segment(user)}/{what}", body, stop);
        return Tell(c, new JsonObject { ["user"] = user }, $"{user} {done}");
    }

    private static IReadOnlyList<string> Row(JsonNode user) =>
        [Show.Text(user, "name"), Words(user["roles"]), StateOf(user), Show.Time(user["last_sign_in_at"]), Show.Text(user, "email")];

    private static string StateOf(JsonNode user)
    {
        if (Flag(user, "disabled")) return "disabled";
        if (user["locked_until"] is not null) return "locked";
        if (DateTimeOffset.TryParse(Show.Text(user, "expires_at"), System.Globalization.CultureInfo.InvariantCulture, out var end) && end <= TimeProvider.System.GetUtcNow())
            return "expired";
        return Flag(user, "must_change_password") ? "must change password" : "good";
    }
}
