using System.Collections.Immutable;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>The arguments of <c>shell</c>, read once. buildbot-commands.md section 2.1.</summary>
internal sealed record ShellArguments
{
    public const string ClassName = "WorkerShellCommand";

    /// <summary>Program and arguments. A script is <c>/bin/sh -c</c> and the text.</summary>
    public required ImmutableArray<CommandWord> Words { get; init; }

    /// <summary>The text for the shell; null for a program with arguments.</summary>
    public string? Script { get; init; }

    public required string WorkingDirectory { get; init; }
    public WireValue? Environment { get; init; }
    public bool WantStdout { get; init; } = true;
    public bool WantStderr { get; init; } = true;
    public WireValue.Map LogFiles { get; init; } = WireValue.Map.Empty;
    public Seconds? SilenceTimeout { get; init; }
    public Seconds? TotalTimeout { get; init; }
    public long? MaxLines { get; init; }

    /// <summary>Whether the master knows <c>failure_reason</c>: those that send <c>max_lines</c> do.</summary>
    public bool TellsFailureReason { get; init; }

    public Seconds? TerminationGrace { get; init; }
    public string InterruptSignal { get; init; } = "KILL";
    public WireValue UsePty { get; init; } = new WireValue.Boolean(false);
    public bool LogEnvironment { get; init; } = true;
    public string? StandardInput { get; init; }

    /// <summary>What headers and messages print for the command: <c>b'...'</c> or <c>[b'...', ...]</c>.</summary>
    public string PythonForm => Script is null ? PythonText.BytesList(Words.Select(w => w.Shown)) : PythonText.Bytes(Script);

    /// <exception cref="CommandRefusedException">An argument is missing or of the wrong type.</exception>
    public static ShellArguments Parse(WireValue.Map map)
    {
        var arguments = new CommandArguments(ClassName, map).Require("workdir", "command");
        string? script = arguments["command"] is WireValue.List ? null : arguments.Text("command");
        ImmutableArray<CommandWord> words = script is null
            ? [.. ((WireValue.List)arguments["command"]!).Items.Select(CommandWord.From)]
            : [new("/bin/sh", "/bin/sh"), new("-c", "-c"), new(script, script)];
        if (words.IsEmpty) throw new CommandRefusedException($"{ClassName}: argument 'command' must not be empty");
        return new ShellArguments
        {
            Words = words,
            Script = script,
            WorkingDirectory = arguments.Text("workdir"),
            Environment = arguments["env"],
            WantStdout = arguments.Truth("want_stdout", true),
            WantStderr = arguments.Truth("want_stderr", true),
            LogFiles = arguments["logfiles"] as WireValue.Map ?? WireValue.Map.Empty,
            SilenceTimeout = arguments.Seconds("timeout"),
            TotalTimeout = arguments.Seconds("maxTime"),
            MaxLines = arguments.Integer("max_lines"),
            TellsFailureReason = arguments.Has("max_lines"),
            TerminationGrace = arguments.Seconds("sigtermTime"),
            InterruptSignal = arguments.OptionalText("interruptSignal") ?? "KILL",
            UsePty = arguments["usePTY"] ?? new WireValue.Boolean(false),
            LogEnvironment = arguments.Truth("logEnviron", true),
            StandardInput = arguments.OptionalText("initial_stdin"),
        };
    }

    /// <summary>Whether a terminal is asked for. Masters of 0.8 send <c>slave-config</c>: no.</summary>
    /// <exception cref="CommandFailedException">Neither a truth value nor that.</exception>
    public bool WantsTerminal() => UsePty switch
    {
        WireValue.Boolean b => b.Value,
        WireValue.Integer { Value: 0 or 1 } i => i.Value == 1,
        WireValue.Text { Value: "slave-config" } => false,
        _ => throw CommandFailedException.Of(
            "AssertionError", $"Unexpected usePTY argument value: {PythonText.Repr(UsePty)}. Expected boolean."),
    };
}
