using System.CommandLine;
using System.Text.Json.Nodes;
using Quern.Cli.Client;
using Quern.MasterHost.Access.Accounts;
using static Quern.Cli.Commands.EstateCommands;

namespace Quern.Cli.Commands;

/// <summary>The own account, for who signed in with <c>quern login</c>.</summary>
internal static class AccountCommands
{
    private static readonly Option<string?> PasswordFileOption = SecretInput.FileOption("--password-file", "the password");
    private static readonly Option<string?> NewPasswordFile = SecretInput.FileOption("--new-password-file", "the new password");
    private static readonly Option<string?> Email = new("--email") { Description = "an e-mail address; '' for none", HelpName = "ADDRESS" };
    private static readonly Option<string?> Phone = new("--phone") { Description = "a phone number such as +49301234567; '' for none", HelpName = "NUMBER" };
    private static readonly Option<string?> CodeFile = SecretInput.FileOption("--code-file", "the first code");

    private static readonly Option<string?> ProofCodeFile = SecretInput.FileOption("--code-file", "a one-time code or recovery code, if one is wanted");

    public static Command Make(CommandMaker make) => CommandMaker.Group("account", "Your own account",
        make.Make("show", "Shows it", ShowAsync),
        make.Make("set", "Changes its e-mail address or phone number", SetAsync, Email, Phone),
        make.Make("password", "Changes its password; other sessions and tokens end", ChangePasswordAsync, PasswordFileOption, NewPasswordFile),
        make.Make("step-up", "Gives your password again, for what asks for that", ProveAsync, PasswordFileOption, ProofCodeFile),
        make.Make("totp", "Sets up one-time codes", SetUpAsync, PasswordFileOption, CodeFile,
            make.Make("remove", "Goes back to the password alone", RemoveTotpAsync, PasswordFileOption)));

    /// <summary>Makes a secret, shows it as a picture at a terminal and as text elsewhere, and takes its first code. The recovery codes.</summary>
    public static async Task<JsonArray> EnrolAsync(CommandContext c, FarmClient farm, string password, Option<string?>? codeFile, CancellationToken stop)
    {
        var begun = await farm.PostAsync("/api/v1/account/totp", new JsonObject { ["password"] = password }, stop);
        string uri = Show.Text(begun, "uri");
        if (c.Terminal.Interactive && uri.Length is > 0 and <= QrCode.MaxText)
        {
            c.Terminal.Picture(QrCode.Lines(uri));
            c.Terminal.Note($"Show this to your authenticator, or type the secret: {Show.Text(begun, "secret")}");
        }
        else
        {
            c.Terminal.Note("Give your authenticator this:");
            c.Terminal.Note($"  {uri}");
        }
        const string Question = "The code that it shows: ";
        string code = codeFile is null ? await c.Terminal.AskSecretAsync(Question, stop) : await SecretInput.AskAsync(c, codeFile, Question, stop);
        var codes = await farm.PostAsync("/api/v1/account/totp/confirm", new JsonObject { ["code"] = code }, stop);
        return codes["codes"]!.DeepClone().AsArray();
    }

    public static void NoteRecovery(CommandContext c, JsonArray codes)
    {
        c.Terminal.Note("Keep these recovery codes; each signs in once without the authenticator. They are shown this once.");
        foreach (var recovery in codes) c.Terminal.Note($"  {recovery}");
    }

    private static async Task<int> ShowAsync(CommandContext c, CancellationToken stop)
    {
        using var farm = c.Connect();
        var own = await farm.GetAsync("/api/v1/account", stop);
        return Tell(c, own, $"{Show.Text(own, "name")}: roles {Words(own["roles"])}; one-time codes {(Flag(own, "totp") ? $"yes, {Show.Text(own, "recovery_codes")} recovery codes left" : "no")}");
    }

    private static async Task<int> SetAsync(CommandContext c, CancellationToken stop)
    {
        var request = new JsonObject();
        Put(request, "email", c.Result.GetValue(Email));
        Put(request, "phone", c.Result.GetValue(Phone));
        if (request.Count == 0) throw new CommandFailedException(ExitCode.Usage, "Say what is to be different: --email or --phone.");
        using var farm = c.Connect();
        return Tell(c, await farm.PatchAsync("/api/v1/account", request, stop), "Your account is changed.");
    }

    private static async Task<int> ChangePasswordAsync(CommandContext c, CancellationToken stop)
    {
        string old = await SecretInput.AskAsync(c, PasswordFileOption, Questions.Password, stop);
        string fresh = await SecretInput.AskNewAsync(c, NewPasswordFile, "the old password stays", stop);
        using var farm = c.Connect();
        await farm.TellAsync("/api/v1/account/password", new JsonObject { ["current_password"] = old, ["new_password"] = fresh }, stop);
        return Tell(c, null, "The password is changed; other sessions and tokens of the account have ended.");
    }

    private static async Task<int> ProveAsync(CommandContext c, CancellationToken stop)
    {
        string password = await SecretInput.AskAsync(c, PasswordFileOption, Questions.Password, stop);
        using var farm = c.Connect();
        var proved = await StepUp.ProveAsync(farm, password, () => SecretInput.AskAsync(c, ProofCodeFile, Questions.Code, stop), stop);
        return Tell(c, proved, proved["lasts_until"] is { } until ? $"Your password is not asked for again until {Show.Time(until)}Z." : "Your password is not asked for again in this session.");
    }

    private static async Task<int> SetUpAsync(CommandContext c, CancellationToken stop)
    {
        string password = await SecretInput.AskAsync(c, PasswordFileOption, Questions.Password, stop);
        using var farm = c.Connect();
        var codes = await EnrolAsync(c, farm, password, CodeFile, stop);
        if (!c.Json) NoteRecovery(c, codes);
        return Tell(c, new JsonObject { ["recovery_codes"] = codes.DeepClone() }, "One-time codes are asked for from now on.");
    }

    private static async Task<int> RemoveTotpAsync(CommandContext c, CancellationToken stop)
    {
        string password = await SecretInput.AskAsync(c, PasswordFileOption, Questions.Password, stop);
        using var farm = c.Connect();
        await farm.TellAsync("/api/v1/account/totp/remove", new JsonObject { ["password"] = password }, stop);
        return Tell(c, null, "One-time codes are not asked for any more.");
    }
}
