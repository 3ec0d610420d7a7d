using System.CommandLine;
using System.CommandLine.Parsing;
using Quern.Cli.Admin;
using Quern.Cli.Commands;
using Quern.Cli.Demo;
using Quern.Cli.Import;
using Quern.MasterHost.Configuration;

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
        foreach (var command in BuilderCommands.All(make)) root.Subcommands.Add(command);
        foreach (var command in RecipeCommands.All(make)) root.Subcommands.Add(command);
        foreach (var command in FarmCommands.All(make)) root.Subcommands.Add(command);
        foreach (var command in ImportCommands.All(make)) root.Subcommands.Add(command);
        foreach (var command in ExportCommands.All(make)) root.Subcommands.Add(command);
        foreach (var command in LoginCommands.All(make)) root.Subcommands.Add(command);
        foreach (var command in EstateCommands.All(make)) root.Subcommands.Add(command);
        root.Subcommands.Add(BannerCommands.Make(make));
        root.Subcommands.Add(AdminCommands.Make(make));
        root.Subcommands.Add(AgentCommands.Make(make, AgentBuildCommands.All(make)));
        root.Subcommands.Add(DemoCommand.Make(make));
        return root;
    }

    /// <summary>Reads and runs one command line.</summary>
    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        var result = Build(terminal).Parse(args);
        // The parser takes a mistyped option for a name where names may stand.
        string? misread = args.Contains("--") ? null
            : result.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value).FirstOrDefault(v => v.StartsWith("--", StringComparison.Ordinal));
        if (misread is not null || result.Errors.Count > 0)
        {
            if (misread is not null) terminal.Note($"quern: Unrecognized option '{misread}'.");
            // "A command is missing" beside a mistyped one only confuses.
            foreach (var error in result.Errors.Where(e => result.UnmatchedTokens.Count == 0 || !e.Message.StartsWith("Required command", StringComparison.Ordinal)))
                terminal.Note($"quern: {Worded(error.Message)}");
            if (Meant(result, misread ?? (result.UnmatchedTokens is [var first, ..] ? first : null)) is { } meant) terminal.Note($"Did you mean '{meant}'?");
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

    /// <summary>The parser names .NET types to people; numbers are the only typed values of this command line.</summary>
    private static string Worded(string message) =>
        message.IndexOf(" as expected type ", StringComparison.Ordinal) is > 0 and var at ? $"{message[..at]}: a whole number is expected." : message;

    /// <summary>The command or option that was probably meant by the first word that is neither; null when none is near.</summary>
    private static string? Meant(ParseResult result, string? typed)
    {
        if (typed is null) return null;
        var command = result.CommandResult.Command;
        var known = typed.StartsWith('-')
            ? command.Options.Concat(result.RootCommandResult.Command.Options).SelectMany(o => o.Aliases.Prepend(o.Name))
            : command.Subcommands.Select(s => s.Name);
        return Suggestion.Nearest(typed, known);
    }

    private static string NameOf(Command command)
    {
        var parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? "quern" : $"{NameOf(parent)} {command.Name}";
    }
}
