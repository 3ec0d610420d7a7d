using System.Globalization;

namespace Quern.WorkerHost;

/// <summary>The command line of <c>buildbot-worker</c>: same words, messages and exit codes. buildbot-commands.md section 6.</summary>
/// <param name="programName">As the program was called, for messages.</param>
/// <param name="output">Where it says what it does.</param>
/// <param name="errors">Where a worker that cannot start says why.</param>
/// <param name="time">For patience and logs.</param>
internal sealed class BuildbotProgram(string programName, TextWriter output, TextWriter errors, TimeProvider time)
{
    /// <summary>Whether the words are for this command line, whatever the program is called.</summary>
    public static bool Knows(ReadOnlySpan<string> arguments)
    {
        foreach (var command in BuildbotCommands.All)
            if (arguments is [var word, ..] && word == command.Name) return true;
        return false;
    }

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string[] arguments)
    {
        var program = BuildbotCommands.Program;
        if (ParsedOptions.TryParse(program, arguments, out string problem) is not { } global) return Usage(program, problem);
        if (global.Has("help")) return Print(UsageText.Of(program, Width) + "\n");
        if (global.Has("version")) return Print($"worker version: {WorkerFacts.Version}\n{VersionLine}");
        if (global.Words is not [var word, .. var rest]) return Usage(program, "must specify a command");
        if (BuildbotCommands.All.FirstOrDefault(c => c.Name == word) is not { } command) return Usage(program, $"Unknown command: {word}");
        if (ParsedOptions.TryParse(command, rest.AsSpan(), out problem) is not { } options) return Usage(command, problem);
        if (options.Has("help")) return Print(UsageText.Of(command, Width) + "\n");
        if (options.Has("version")) return Print(VersionLine);
        return command == BuildbotCommands.Create ? Create(options) : await OnFolderAsync(command, options);
    }

    // Where stock programs name the Twisted they run on.
    private static string VersionLine => $"Quern version: {WorkerFacts.Version}\n";

    private static int Width =>
        int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out int width) && width > 40 ? width : 80;

    private int Create(ParsedOptions options)
    {
        if (CreateWorker.TryRead(options, Environment.CurrentDirectory, out string problem) is not { } settings)
            return Usage(BuildbotCommands.Create, problem);
        return new CreateWorker(output).Run(settings, options.Has("relocatable"), options.Has("quiet"));
    }

    private async Task<int> OnFolderAsync(CommandSpec command, ParsedOptions options)
    {
        if (options.Words.Length > 1) return Usage(command, "I wasn't expecting so many arguments");
        var folder = new WorkerFolder(Path.GetFullPath(options.Words.FirstOrDefault(".")).TrimEnd('/') is { Length: > 0 } path ? path : "/");
        if (!folder.TryReadTac(out string? tac, out string problem))
        {
            await output.WriteAsync(problem + "\n");
            return 1;
        }
        bool quiet = options.Has("quiet");
        if (command == BuildbotCommands.Stop)
        {
            if (await new StopWorker(output).TryRunAsync(folder, quiet) is { } code) return code;
            if (!quiet) await output.WriteAsync("worker not running\n");
            return 0;
        }
        bool isDaemon = Environment.GetEnvironmentVariable(StartWorker.DaemonMark) is not null;
        if (command == BuildbotCommands.Restart && !isDaemon)
        {
            if (await new StopWorker(output).TryRunAsync(folder, quiet) is null && !quiet) await output.WriteAsync("no old worker process found to stop\n");
            if (!quiet) await output.WriteAsync("now restarting worker process..\n");
        }
        return await new StartWorker(output, errors, time).RunAsync(folder, tac, quiet, options.Has("nodaemon"));
    }

    private int Usage(CommandSpec command, string problem)
    {
        output.Write($"{programName}:  {problem}\n\n{UsageText.Of(command, Width)}\n");
        return 1;
    }

    private int Print(string text)
    {
        output.Write(text);
        return 0;
    }
}
