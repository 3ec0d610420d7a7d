using System.Collections.Immutable;
using Quern.Protocols.Buildbot;
using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost;

/// <summary>One <c>startCommand</c>, read: the command with complete paths, and the references that came with it.</summary>
internal sealed record StepCommand(
    string Name, WireValue.Map Arguments, JellyValue.Remote Step, JellyValue.Remote? Writer, JellyValue.Remote? Reader)
{
    // A block travels as one Banana string. buildbot-pb.md section 2.1.
    private const long MaxBlockBytes = BananaLimits.MaxStringBytes;

    /// <summary>Takes the references out of the call, which they then outlive; null when the step was let go meanwhile.</summary>
    public StepReferences? Take(PerspectiveConnection connection) => connection.Take(Step) is not { } step ? null : new(
        connection,
        step,
        Writer is null ? null : connection.Take(Writer),
        Reader is null ? null : connection.Take(Reader));

    /// <summary>Null with a failure for the caller, worded as a stock worker words it, when the command cannot be constructed.</summary>
    /// <param name="call">Step, command id, command name and arguments, in that order.</param>
    /// <param name="folder">The builder's.</param>
    /// <param name="wrong">Null on success.</param>
    public static StepCommand? TryRead(IncomingCall call, string folder, out CopiedFailure? wrong)
    {
        wrong = null;
        if (call.Arguments is not [JellyValue.Remote step, _, var commandName, JellyValue.Dictionary values] || !commandName.TryGetText(out string? name))
        {
            wrong = CopiedFailure.Of("builtins.TypeError", "startCommand takes a step, a command id, a command name and a dictionary");
            return null;
        }
        var rest = ImmutableArray.CreateBuilder<KeyValuePair<JellyValue, JellyValue>>(values.Entries.Length);
        foreach (var entry in values.Entries)
            if (entry.Value is not JellyValue.Remote) rest.Add(entry);
        if (!JellyWire.TryRead(new JellyValue.Dictionary(rest.ToImmutable()), out var wire, out string bad) || wire is not WireValue.Map given)
        {
            wrong = CopiedFailure.Of("builtins.TypeError", $"the arguments of '{name}' cannot be used: {bad}");
            return null;
        }
        var command = new StepCommand(name, given, step, values[PerspectiveNames.Writer] as JellyValue.Remote, values[PerspectiveNames.Reader] as JellyValue.Remote);
        var complete = BuilderArguments.TryComplete(name, given, folder, WorkerFacts.Home, out var problem);
        wrong = complete is null ? Wrong(problem) : command.Missing(complete);
        return wrong is null ? command with { Arguments = WithBlocksThatFit(complete!) } : null;
    }

    private static WireValue.Map WithBlocksThatFit(WireValue.Map arguments) =>
        arguments["blocksize"] is WireValue.Integer { Value: > MaxBlockBytes }
            ? new([.. arguments.Entries.Where(e => e.Key != "blocksize"), new("blocksize", MaxBlockBytes)])
            : arguments;

    private static CopiedFailure Wrong(BuilderArgumentProblem problem) => problem.IsMissing
        ? CopiedFailure.Of("builtins.KeyError", $"'{problem.Argument}'", "builtins.LookupError")
        : CopiedFailure.Of("builtins.TypeError", $"argument '{problem.Argument}' must be text");

    /// <summary>A transfer without the object it transfers to or from.</summary>
    private CopiedFailure? Missing(WireValue.Map arguments)
    {
        var (commandClass, reference) = Name switch
        {
            PerspectiveNames.UploadFile when Writer is null => ("WorkerFileUploadCommand", PerspectiveNames.Writer),
            PerspectiveNames.UploadDirectory when Writer is null => ("WorkerDirectoryUploadCommand", PerspectiveNames.Writer),
            PerspectiveNames.DownloadFile when Reader is null => ("WorkerFileDownloadCommand", PerspectiveNames.Reader),
            _ => ("", ""),
        };
        if (reference.Length == 0) return null;
        string more = arguments["blocksize"] is null ? ", blocksize" : "";
        return CopiedFailure.Of("builtins.ValueError", $"{commandClass} is missing args: {reference}{more}");
    }
}
