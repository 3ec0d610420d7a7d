using System.Collections.Immutable;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>
/// rmdir and cpdir: done by the programs <c>rm</c> and <c>cp</c> in the worker's own folder, with their headers and output;
/// one rc at the end. They cannot be interrupted.
/// </summary>
internal sealed class DirectoryCommand : IWorkerCommand
{
    private static readonly Seconds DefaultTimeout = new(TimeSpan.FromSeconds(120), "120");

    private readonly Seconds? _timeout, _total;
    private readonly bool _logEnvironment;
    private readonly Func<DirectoryCommand, CommandContext, Task<int>> _act;

    private DirectoryCommand(CommandArguments arguments, Func<DirectoryCommand, CommandContext, Task<int>> act)
    {
        _timeout = arguments.Has("timeout") ? arguments.Seconds("timeout") : DefaultTimeout;
        _total = arguments.Seconds("maxTime");
        _logEnvironment = arguments.Truth("logEnviron", true);
        _act = act;
    }

    /// <summary>Each path in turn, also after one failed; a missing path is no failure.</summary>
    public static DirectoryCommand Remove(CommandArguments arguments, ImmutableArray<string> paths) =>
        new(arguments, async (command, context) =>
        {
            int result = 0;
            foreach (string path in paths)
            {
                int code = await command.RunAsync(context, "rm", "-rf", path);
                if (code != 0)
                {
                    // Folders without write permission: open them up and try once more.
                    await command.RunAsync(context, "chmod", "-Rf", "u+rwx", path);
                    code = await command.RunAsync(context, "rm", "-rf", path);
                }
                if (code != 0) result = code;
            }
            return result;
        });

    /// <summary>An existing target gets the source inside it, as <c>cp</c> does.</summary>
    public static DirectoryCommand Copy(CommandArguments arguments, string from, string to) =>
        new(arguments, async (command, context) =>
        {
            if (Path.GetDirectoryName(to) is { Length: > 0 } parent) Directory.CreateDirectory(parent);
            return await command.RunAsync(context, "cp", "-R", "-P", "-p", "-v", from, to);
        });

    public async Task RunAsync(CommandContext context)
    {
        int code;
        try
        {
            code = await _act(this, context);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFailedException.Of("OSError", e.Message);
        }
        await context.Output.EntryAsync(new UpdateEntry.ReturnCode(code));
    }

    public void Interrupt() { }

    private Task<int> RunAsync(CommandContext context, params string[] words) => new ProcessRun(
        new ShellArguments
        {
            Words = [.. words.Select(w => new CommandWord(w, w))],
            WorkingDirectory = context.Options.BaseDirectory,
            SilenceTimeout = _timeout,
            TotalTimeout = _total,
            LogEnvironment = _logEnvironment,
        },
        context,
        saysReturnCode: false).RunAsync();
}
