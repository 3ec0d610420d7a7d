using System.Collections.Immutable;
using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>
/// The commands of revision v1: paths below the builder's directory, which the worker joins. buildbot-msgpack.md section 13.3.
/// </summary>
internal sealed class BuilderCommandTranslator(WorkerInfo worker, int blockBytes) : ICommandTranslator
{
    /// <inheritdoc/>
    public ImmutableArray<WireCommand> Translate(RemoteCommand command, string place) => command switch
    {
        RemoteCommand.Shell shell => One(BuildbotNames.Shell, Shell(shell, place)),
        RemoteCommand.UploadFile upload => One(BuildbotNames.UploadFile,
            ("workdir", ""),
            ("workersrc", CommandTranslator.NoHome(upload.WorkerPath)),
            ("maxsize", CommandTranslator.MaxSize(upload.MaxBytes)),
            ("blocksize", Block(upload.BlockSize)),
            ("keepstamp", false),
            Unused("writer")),
        RemoteCommand.UploadDirectory upload => One(BuildbotNames.UploadDirectory,
            ("workdir", ""),
            // The first is the description's name, the second that of workers of 3.5.0.
            ("workersource", CommandTranslator.NoHome(upload.WorkerPath)),
            ("workersrc", CommandTranslator.NoHome(upload.WorkerPath)),
            ("maxsize", CommandTranslator.MaxSize(upload.MaxBytes)),
            ("blocksize", Block(upload.BlockSize)),
            ("compress", WireValue.Nil.Value),
            Unused("writer")),
        RemoteCommand.DownloadFile download => One(BuildbotNames.DownloadFile,
            ("workdir", ""),
            ("workerdest", CommandTranslator.NoHome(download.WorkerPath)),
            ("maxsize", WireValue.Nil.Value),
            ("blocksize", Block(download.BlockSize)),
            ("mode", CommandTranslator.OrNil(download.Mode)),
            Unused("reader")),

        // This revision makes one directory at a time.
        RemoteCommand.MakeDirectory { Paths.IsEmpty: false } make =>
            [.. make.Paths.SelectMany(path => One(BuildbotNames.MakeDirectory, ("dir", path)))],
        RemoteCommand.MakeDirectory => One(BuildbotNames.MakeDirectory, ("dir", "")),
        RemoteCommand.RemoveDirectory remove => One(BuildbotNames.RemoveDirectory,
            ("dir", new WireValue.List([.. remove.Paths.Select(path => (WireValue)path)])),
            ("logEnviron", false),
            ("timeout", CommandTranslator.TreeTimeoutSeconds)),
        RemoteCommand.CopyDirectory copy => One(BuildbotNames.CopyDirectory,
            ("fromdir", copy.From),
            ("todir", copy.To),
            ("logEnviron", false),
            ("timeout", CommandTranslator.TreeTimeoutSeconds)),
        RemoteCommand.Stat stat => One(BuildbotNames.Stat, ("file", stat.Path)),
        RemoteCommand.Glob glob => One(BuildbotNames.Glob, ("path", glob.Pattern)),
        RemoteCommand.ListDirectory list => One(BuildbotNames.ListDirectory, ("dir", list.Path)),
        RemoteCommand.RemoveFile remove => One(BuildbotNames.RemoveFile, ("path", CommandTranslator.NoHome(remove.Path))),
        _ => throw new ArgumentException($"No worker runs a command of kind {command.GetType().Name}.", nameof(command)),
    };

    private (string Key, WireValue Value)[] Shell(RemoteCommand.Shell shell, string place) =>
    [
        ("workdir", shell.WorkingDirectory),
        ("env", new WireValue.Map([.. shell.Environment.Select(pair =>
            KeyValuePair.Create(pair.Key, pair.Value is null ? WireValue.Nil.Value : (WireValue)pair.Value))])),
        ("want_stdout", true),
        ("want_stderr", true),
        ("logfiles", new WireValue.Map([.. shell.LogFiles.Select(pair => KeyValuePair.Create(
            pair.Key, (WireValue)CommandTranslator.Map(("filename", Followed(place, pair.Value)), ("follow", false))))])),
        ("timeout", WholeSeconds(shell.SilenceTimeout)),
        ("maxTime", WholeSeconds(shell.Timeout)),
        ("sigtermTime", WholeSeconds(shell.TerminationGrace)),
        ("usePTY", shell.UsePty),
        ("logEnviron", shell.LogEnvironment),
        ("initial_stdin", shell.StandardInput is null ? WireValue.Nil.Value : shell.StandardInput),
        ("command", shell.Script is not null
            ? shell.Script
            : new WireValue.List([.. shell.Command.Select(word => (WireValue)word)])),
    ];

    /// <summary>A worker looks for it below the command's folder, a plan below the place; as it is where the worker does not say where that is.</summary>
    private string Followed(string place, string path) => worker.BaseDirectory.Length == 0
        ? path
        : WorkerPath.Join(worker, WorkerPath.Join(worker, worker.BaseDirectory, place), path);

    /// <summary>A worker of 3.5.0 refuses a transfer under the description's name without this argument, and never looks at it.</summary>
    private static (string Key, WireValue Value) Unused(string name) => (name, WireValue.Nil.Value);

    private static ImmutableArray<WireCommand> One(string name, params (string Key, WireValue Value)[] pairs) =>
        [new WireCommand(name, CommandTranslator.Map(pairs))];

    private WireValue Block(int? size) => (long)(size ?? blockBytes);

    /// <summary>Times are integers here; none may become shorter.</summary>
    private static WireValue WholeSeconds(TimeSpan? time) =>
        time is null ? WireValue.Nil.Value : (long)Math.Ceiling(time.Value.TotalSeconds);
}
