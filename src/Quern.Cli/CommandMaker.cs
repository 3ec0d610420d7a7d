using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Quern.Cli.Client;

namespace Quern.Cli;

/// <summary>Makes commands whose actions all end the same way.</summary>
internal sealed class CommandMaker(CommonOptions common, Terminal terminal)
{
    public Command Make(string name, string description, Func<CommandContext, CancellationToken, Task<int>> action, params Symbol[] parts)
    {
        var command = Group(name, description, parts);
        command.SetAction((result, _) => RunAsync(new CommandContext(result, common, terminal), action));
        return command;
    }

    /// <summary>A command that only holds others.</summary>
    public static Command Group(string name, string description, params Symbol[] parts)
    {
        var command = new Command(name, description);
        foreach (var part in parts)
        {
            switch (part)
            {
                case Argument argument: command.Arguments.Add(argument); break;
                case Option option: command.Options.Add(option); break;
                case Command sub: command.Subcommands.Add(sub); break;
            }
        }
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, Func<CommandContext, CancellationToken, Task<int>> action)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;   // the command ends what it began, then the process ends
            stop.Cancel();
        }
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            return await action(context, stop.Token);
        }
        catch (CommandFailedException e)
        {
            if (e.Data["problems"] is JsonArray problems)
                foreach (string place in ApiFailure.Places(e.Data["file"] as string ?? "input", problems)) context.Terminal.Note(place);
            context.Terminal.Note($"quern: {e.Message}");
            return e.ExitCode;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException)
        {
            context.Terminal.Note($"quern: {e.Message}");
            return ExitCode.Failed;
        }
    }
}
