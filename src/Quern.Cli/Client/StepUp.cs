using System.Text.Json.Nodes;

namespace Quern.Cli.Client;

/// <summary>Password and code once more, for what is grave: the session that is at hand counts as new from then on.</summary>
internal static class StepUp
{
    private const string Path = "/api/v1/account/step-up";

    /// <summary>What a command says that nobody can be asked in the middle of.</summary>
    public static CommandFailedException Needed() => new(ExitCode.StepUp,
        "This asks for your password again. Run 'quern account step-up' first (with --password-file where nobody types), then this once more.");

    /// <summary>Asks whoever types; false when nobody does.</summary>
    public static async Task<bool> AskAsync(Terminal terminal, FarmClient farm, CancellationToken stop)
    {
        if (!terminal.SomebodyTypes) return false;
        terminal.Note("This asks for your password again.");
        string password = await terminal.AskSecretAsync(Questions.Password, stop);
        await ProveAsync(farm, password, () => terminal.AskSecretAsync(Questions.Code, stop), stop);
        return true;
    }

    /// <summary>What the farm answers: when it was, and until when it counts.</summary>
    /// <param name="askCode">For an account that has codes.</param>
    public static async Task<JsonObject> ProveAsync(FarmClient farm, string password, Func<Task<string>> askCode, CancellationToken stop)
    {
        if (password.Length == 0) throw new CommandFailedException(ExitCode.StepUp, "No password was given; nothing was done.");
        return await Questions.PostAsync(farm, Path, new JsonObject { ["password"] = password }, askCode, stop);
    }
}
