using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Quern.Cli.Client;

namespace Quern.Cli.Commands;

/// <summary>Signing in and out. A password that must be changed and one-time codes that must be set up are seen to on the way.</summary>
internal static class LoginCommands
{
    private static readonly Option<string> User = new("--user") { Description = "who signs in", DefaultValueFactory = _ => "admin", HelpName = "NAME" };
    private static readonly Option<string?> PasswordFileOption = SecretInput.FileOption("--password-file", "the password");
    private static readonly Option<string?> NewPasswordFile = SecretInput.FileOption("--new-password-file", "a new password, if the old one must be changed");
    private static readonly Option<string?> CodeFile = SecretInput.FileOption("--code-file", "a one-time code or recovery code, if one is wanted");

    public static IEnumerable<Command> All(CommandMaker make)
    {
        var url = new Argument<string?>("URL") { Description = "the master", Arity = ArgumentArity.ZeroOrOne };
        yield return make.Make("login", "Signs in and keeps a token for later commands", (c, stop) => LoginAsync(c, c.Result.GetValue(url), stop),
            url, User, PasswordFileOption, NewPasswordFile, CodeFile);
        yield return make.Make("logout", "Ends the session that 'quern login' began", LogoutAsync);
    }

    private static async Task<int> LoginAsync(CommandContext c, string? url, CancellationToken stop)
    {
        var server = ServerOf(c, url);
        await BannerCommands.NoteAsync(c, server, stop);
        string password = await SecretInput.AskAsync(c, PasswordFileOption, Questions.Password, stop);
        if (password.Length == 0) throw new CommandFailedException(ExitCode.Failed, "No password was given; nobody is signed in.");
        var answer = await SignInAsync(c, server, password, stop);
        string token = Show.Text(answer, "token");
        using (var farm = new FarmClient(server, token))
        {
            if (Flag(answer, "must_change_password")) password = await ChangePasswordAsync(c, farm, password, stop);
            // Asked for anew: one duty hides the other.
            if (Flag(await farm.GetAsync("/api/v1/account", stop), "must_enrol_totp")) await EnrolAsync(c, farm, password, stop);
        }
        string file = Keep(c, server, token);
        if (c.Json) c.WriteJson(new JsonObject { ["principal"] = Show.Text(answer, "principal"), ["token_file"] = file, ["ends_at"] = Show.Text(answer, "ends_at") });
        else c.Terminal.Line($"Signed in to {server} as {Show.Text(answer, "principal")}.");
        return ExitCode.Success;
    }

    private static async Task<JsonObject> SignInAsync(CommandContext c, Uri server, string password, CancellationToken stop)
    {
        using var farm = new FarmClient(server, null);
        var request = new JsonObject { ["user"] = c.Result.GetRequiredValue(User), ["password"] = password };
        try
        {
            return await Questions.PostAsync(farm, "/api/v1/login", request, () => SecretInput.AskAsync(c, CodeFile, Questions.Code, stop), stop);
        }
        catch (CommandFailedException e) when (Title(e) is "Not signed in")
        {
            throw new CommandFailedException(ExitCode.NoAccess, $"{server} did not take this user and password.");
        }
        catch (CommandFailedException e) when (Title(e) is "Wrong code" or "Code needed")
        {
            throw new CommandFailedException(ExitCode.NoAccess, $"{server} did not take this code. It is wrong or was used before; take the next one.");
        }
    }

    private static async Task<string> ChangePasswordAsync(CommandContext c, FarmClient farm, string old, CancellationToken stop)
    {
        c.Terminal.Note("The password must be changed.");
        string fresh = await SecretInput.AskNewAsync(c, NewPasswordFile, "the old password stays, and nobody is signed in", stop);
        await farm.TellAsync("/api/v1/account/password", new JsonObject { ["current_password"] = old, ["new_password"] = fresh }, stop);
        c.Terminal.Note("The password is changed.");
        return fresh;
    }

    private static async Task EnrolAsync(CommandContext c, FarmClient farm, string password, CancellationToken stop)
    {
        c.Terminal.Note("This farm wants one-time codes of everybody.");
        AccountCommands.NoteRecovery(c, await AccountCommands.EnrolAsync(c, farm, password, codeFile: null, stop));
    }

    private static async Task<int> LogoutAsync(CommandContext c, CancellationToken stop)
    {
        var server = c.Server;
        string file = Folders.LoginFile(c.Data, server);
        if (!File.Exists(file))
        {
            c.Terminal.Note($"Nobody is signed in to {server}.");
            return ExitCode.Success;
        }
        string token = (await File.ReadAllTextAsync(file, stop)).Trim();
        using (var farm = new FarmClient(server, token))
        {
            try { await farm.TellAsync("/api/v1/logout", [], stop); }
            catch (CommandFailedException e) when (Title(e) is "Not signed in") { c.Terminal.Note("The session had ended already."); }
        }
        File.Delete(file);
        if (c.Json) c.WriteJson(new JsonObject { ["server"] = server.ToString() });
        else c.Terminal.Line($"Signed out of {server}.");
        return ExitCode.Success;
    }

    private static string Keep(CommandContext c, Uri server, string token)
    {
        Directory.CreateDirectory(c.Data);
        string file = Folders.LoginFile(c.Data, server);
        WholeFile.Write(file, Encoding.UTF8.GetBytes(token + "\n"), owners: true);
        return file;
    }

    private static Uri ServerOf(CommandContext c, string? url)
    {
        if (url is null) return c.Server;
        return Uri.TryCreate(url, UriKind.Absolute, out var server) && server.Scheme is "http" or "https"
            ? server
            : throw new CommandFailedException(ExitCode.Usage, $"'{url}' is not the address of a master: it must begin with http:// or https://.");
    }

    private static string? Title(CommandFailedException failure) => failure.Data["title"] as string;

    private static bool Flag(JsonNode answer, string key) => answer[key]?.GetValue<bool>() ?? false;
}
