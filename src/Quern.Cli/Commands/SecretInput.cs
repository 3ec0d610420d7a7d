using System.CommandLine;
using Quern.MasterHost.Configuration;

namespace Quern.Cli.Commands;

/// <summary>Passwords and codes: typed without being shown, from a file, or (<c>-</c>) the next line of standard input. Never an argument, which others see.</summary>
internal static class SecretInput
{
    public static Option<string?> FileOption(string name, string what) =>
        new(name) { Description = $"a file with {what}, or '-' for standard input; asked for when left out", HelpName = "FILE" };

    public static async Task<string> AskAsync(CommandContext c, Option<string?> file, string question, CancellationToken stop) => c.Result.GetValue(file) switch
    {
        null => await c.Terminal.AskSecretAsync(question, stop),
        "-" => await c.Terminal.AskSecretAsync("", stop),
        var path => PasswordFile.TryRead(path, out string why) ?? throw new CommandFailedException(ExitCode.Usage, $"{file.Name}: {why}"),
    };

    /// <summary>A password that another program has already: the one line of a file, or the next line of standard input; null when no option asks for it.</summary>
    public static async Task<string?> ReadBroughtAsync(CommandContext c, Option<string?> file, CancellationToken stop) => c.Result.GetValue(file) switch
    {
        null => null,
        "-" => await c.Terminal.AskSecretAsync("", stop),
        var path => PasswordFile.TryReadAlone(path, out string why) ?? throw new CommandFailedException(ExitCode.Usage, $"{file.Name}: {why}"),
    };

    /// <summary>A new password; one that is typed is typed twice.</summary>
    /// <param name="unchanged">What is so when the two differ, to go on "The two are not the same; ".</param>
    public static async Task<string> AskNewAsync(CommandContext c, Option<string?> file, string unchanged, CancellationToken stop)
    {
        string password = await AskAsync(c, file, "New password: ", stop);
        if (c.Result.GetValue(file) is null && await c.Terminal.AskSecretAsync("Once more: ", stop) != password)
            throw new CommandFailedException(ExitCode.Failed, $"The two are not the same; {unchanged}.");
        return password;
    }
}
