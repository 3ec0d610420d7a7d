using System.CommandLine;
using System.Globalization;
using Quern.Admin.V1;
using Quern.Cli.Client;
using Quern.Cli.Commands;
using Quern.MasterHost.Configuration;
using Quern.Protocols.Admin;

namespace Quern.Cli.Admin;

/// <summary>Signs in over the administration protocol: with a password when a user is named, else with the token that is kept for the farm.</summary>
internal static class AdminLogin
{
    public static readonly Option<string?> User = new("--user") { Description = "signs in with this user's password; without it the kept token is used", HelpName = "NAME" };
    public static readonly Option<string?> Password = new("--password-file") { Description = "a file with the password; asked for when left out", HelpName = "FILE" };
    public static readonly Option<string?> Code = new("--code-file") { Description = "a file with a one-time code or recovery code, if one is wanted; asked for when left out", HelpName = "FILE" };

    /// <exception cref="CommandFailedException">It was refused.</exception>
    public static async Task SignInAsync(CommandContext c, AdminClient client, AdminAddress server, CancellationToken stop)
    {
        if (c.Result.GetValue(User) is { } user)
        {
            await ByPasswordAsync(c, client, user, stop);
            return;
        }
        if (c.TokenKept(server.Host) is not { } token)
            throw new CommandFailedException(ExitCode.NoAccess, $"Nobody is signed in for {server.Host}. Run 'quern login', name a token with --token-file, or a user with --user.");
        // What 'quern login' keeps is a session; the owner's token and those for programs are not.
        if (await client.AskAsync(new RQ_ResumeSession { SessionToken = token }, stop) is AdminReply.Result { Code: (int)RS_ResumeSession.ResumeSessionOk }) return;
        if (await client.AskAsync(new RQ_Login { ApiToken = token }, stop) is var reply && reply is AdminReply.Result { Code: (int)RS_Login.LoginOk }) return;
        throw Refused(reply);
    }

    /// <summary>Whether an answer says that the session must be proved again first.</summary>
    public static bool IsToProve(AdminReply reply) => reply is AdminReply.Result { Tail.ProveAgain: true }
        or AdminReply.Message { Value: RS_CreateApiToken { ProveAgain: true } or RS_CreateEnrolmentToken { ProveAgain: true } or RS_FetchArtifact { ProveAgain: true } };

    /// <summary>Asks whoever types for password and code; false when nobody does.</summary>
    /// <exception cref="CommandFailedException">They were refused.</exception>
    public static async Task<bool> ProveAsync(CommandContext c, AdminClient client, CancellationToken stop)
    {
        if (!c.Terminal.SomebodyTypes) return false;
        c.Terminal.Note("This asks for your password again.");
        // Without a name it is that of whoever is logged in.
        var request = new RQ_Login { Password = await c.Terminal.AskSecretAsync(Questions.Password, stop) };
        var reply = await WithCodeAsync(client, request, () => c.Terminal.AskSecretAsync(Questions.Code, stop), stop);
        return reply is AdminReply.Result { Code: (int)RS_Login.LoginOk } ? true : throw Refused(reply);
    }

    private static async Task<AdminReply> WithCodeAsync(AdminClient client, RQ_Login request, Func<Task<string>> askCode, CancellationToken stop)
    {
        var reply = await client.AskAsync(request, stop);
        if (reply is not AdminReply.Result { Code: (int)RS_Login.LoginTokenRequired }) return reply;
        string code = await askCode();
        if (!Questions.IsRecovery(code) && int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out int number)) request.Token = number;
        else request.RecoveryCode = code;
        return await client.AskAsync(request, stop);
    }

    private static async Task ByPasswordAsync(CommandContext c, AdminClient client, string user, CancellationToken stop)
    {
        var request = new RQ_Login { Username = user, Password = await SecretInput.AskAsync(c, Password, Questions.Password, stop) };
        var reply = await WithCodeAsync(client, request, () => SecretInput.AskAsync(c, Code, Questions.Code, stop), stop);
        if (reply is not AdminReply.Result { Code: (int)RS_Login.LoginOk or (int)RS_Login.LoginPasswordChangeRequired } signedIn) throw Refused(reply);
        if (signedIn.Code == (int)RS_Login.LoginPasswordChangeRequired) c.Terminal.Note("The password must be changed first: RQ_UpdateUser with 'password' and 'current_password'.");
        else if (signedIn.Tail?.Session?.TotpEnrolmentRequired == true) c.Terminal.Note("One-time codes must be set up first: RQ_BeginTotp, then RQ_ConfirmTotp.");
    }

    private static CommandFailedException Refused(AdminReply reply) => new(ExitCode.NoAccess, reply switch
    {
        AdminReply.Result { Tail.RetryAfterSeconds: > 0 and var seconds } r => $"Not signed in: {r.Name}. Try again in {seconds} s.",
        AdminReply.Result { Tail.Detail.Length: > 0 } r => $"Not signed in: {r.Name}. {r.Tail.Detail}",
        AdminReply.Result r => $"Not signed in: {r.Name}.",
        AdminReply.Lost lost => $"Not signed in: {lost.Reason}.",
        _ => "Not signed in: the farm did not answer in time.",
    });
}
