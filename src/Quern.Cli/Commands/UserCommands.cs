using System.CommandLine;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;

namespace Quern.Cli.Commands;

/// <summary>Help for people who cannot get in.</summary>
internal static class UserCommands
{
    public static Command Make(CommandMaker make)
    {
        var name = new Argument<string>("NAME") { Description = "a user" };
        var file = new Option<string?>("--new-password-file") { Description = "a file with the new password; asked for when left out", HelpName = "FILE" };
        return CommandMaker.Group("user", "Helps people who cannot get in",
            make.Make("unlock", "Lets a user in again who was locked out after too many failures",
                (c, stop) => TellAsync(c, name, "unlock", [], "unlocked", stop), name),
            make.Make("password", "Sets a new password, which the user must change; sessions and tokens of the user end",
                async (c, stop) => await TellAsync(c, name, "password", new JsonObject { ["new_password"] = await PasswordAsync(c, file, stop) }, "has a new password, to be changed at the next sign-in", stop),
                name, file),
            CommandMaker.Group("totp", "One-time codes of a user",
                make.Make("remove", "Takes one-time codes off a user who lost the device", (c, stop) => TellAsync(c, name, "totp/remove", [], "has no one-time codes any more", stop), name)));
    }

    private static async Task<int> TellAsync(CommandContext c, Argument<string> name, string what, JsonObject body, string done, CancellationToken stop)
    {
        string user = c.Result.GetRequiredValue(name);
        using var farm = c.Connect();
        await farm.TellAsync($"/api/v1/users/{Uri.EscapeDataString(user)}/{what}", body, stop);
        if (c.Json) c.WriteJson(new JsonObject { ["user"] = user });
        else c.Terminal.Line($"{user} {done}");
        return ExitCode.Success;
    }

    private static async Task<string> PasswordAsync(CommandContext c, Option<string?> file, CancellationToken stop)
    {
        if (c.Result.GetValue(file) is { } path)
            return PasswordFile.TryRead(path, out string why) ?? throw new CommandFailedException(ExitCode.Usage, $"{file.Name}: {why}");
        string password = await c.Terminal.AskSecretAsync("New password: ", stop);
        return await c.Terminal.AskSecretAsync("Once more: ", stop) == password
            ? password
            : throw new CommandFailedException(ExitCode.Failed, "The two are not the same; the old password stays.");
    }
}
