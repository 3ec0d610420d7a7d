using System.CommandLine;
using Quern.Cli.Commands;
using Quern.Cli.Demo;

namespace Quern.Cli;

/// <summary>All commands of <c>quern</c>, and the one place where their failures become messages and exit codes.</summary>
internal static partial class CommandTree
{
    public static RootCommand Build(Terminal terminal)
    {
        var common = new CommonOptions();
        var root = new RootCommand("Quern, a package build farm. See 'quern COMMAND --help'.");
        common.AddTo(root);
        var make = new CommandMaker(common, terminal);
        foreach (var command in MasterCommands.All(make)) root.Subcommands.Add(command);
        foreach (var command in JobCommands.All(make)) root.Subcommands.Add(command);
        foreach (var command in RecipeCommands.All(make)) root.Subcommands.Add(command);
        foreach (var command in FarmCommands.All(make)) root.Subcommands.Add(command);
        root.Subcommands.Add(DemoCommand.Make(make));
        return root;
    }

    /// <summary>Reads and runs one command line.</summary>
    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        var result = Build(terminal).Parse(args);
        if (result.Errors.Count > 0)
        {
            foreach (var error in result.Errors) terminal.Note($"quern: {error.Message}");
            terminal.Note($"See '{NameOf(result.CommandResult.Command)} --help'.");
            return ExitCode.Usage;
        }
        return await result.InvokeAsync(new InvocationConfiguration
        {
            // Commands that run long take SIGTERM and SIGINT themselves.
            ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false,
            Output = terminal.Output,
        });
    }

    private static string NameOf(Command command)
    {
        var parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? "quern" : $"{NameOf(parent)} {command.Name}";
    }
}
