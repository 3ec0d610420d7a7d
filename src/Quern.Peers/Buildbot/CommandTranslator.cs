using System.Collections.Immutable;
using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>Turns the farm's commands into the protocol's: names, arguments in the order of real masters, absolute paths.</summary>
internal sealed class CommandTranslator(WorkerInfo worker, int blockBytes) : ICommandTranslator
{
    // A stock worker's own 120 s would end the copy or removal of a big tree, which says nothing while it runs.
    public const long TreeTimeoutSeconds = 3600;

    /// <inheritdoc/>
    public ImmutableArray<WireCommand> Translate(RemoteCommand command, string place)
    {
        (string name, WireValue.Map arguments) = Words(command, place);
        return [new WireCommand(name, arguments)];
    }

    private (string Name, WireValue.Map Arguments) Words(RemoteCommand command, string place)
    {
        string folder = WorkerPath.Join(worker, worker.BaseDirectory, place);
        return command switch
        {
            RemoteCommand.Shell shell => (BuildbotNames.Shell, Shell(shell, folder)),
            RemoteCommand.UploadFile upload => (BuildbotNames.UploadFile, Map(
                ("workdir", folder),
                ("maxsize", MaxSize(upload.MaxBytes)),
                ("blocksize", Block(upload.BlockSize)),
                ("keepstamp", false),
                ("workersrc", upload.WorkerPath),
                ("path", At(upload.WorkerPath)))),
            RemoteCommand.UploadDirectory upload => (BuildbotNames.UploadDirectory, Map(
                ("workdir", folder),
                ("maxsize", MaxSize(upload.MaxBytes)),
                ("blocksize", Block(upload.BlockSize)),
                ("compress", WireValue.Nil.Value),
                ("workersrc", upload.WorkerPath),
                ("path", At(upload.WorkerPath)))),
            RemoteCommand.DownloadFile download => (BuildbotNames.DownloadFile, Map(
                ("maxsize", WireValue.Nil.Value),
                ("blocksize", Block(download.BlockSize)),
                ("workdir", folder),
                ("mode", OrNil(download.Mode)),
                ("workerdest", download.WorkerPath),
                ("path", At(download.WorkerPath)))),
            RemoteCommand.MakeDirectory make => (BuildbotNames.MakeDirectory, Map(("paths", All(make.Paths)))),
            RemoteCommand.RemoveDirectory remove => (BuildbotNames.RemoveDirectory, Map(
                ("timeout", TreeTimeoutSeconds), ("logEnviron", false), ("paths", All(remove.Paths)))),
            RemoteCommand.CopyDirectory copy => (BuildbotNames.CopyDirectory, Map(
                ("timeout", TreeTimeoutSeconds), ("logEnviron", false),
                ("from_path", At(copy.From)), ("to_path", At(copy.To)))),
            RemoteCommand.RemoveFile remove => (BuildbotNames.RemoveFile, Map(("path", At(remove.Path)))),
            RemoteCommand.Stat stat => (BuildbotNames.Stat, Map(("workdir", folder), ("path", At(stat.Path)))),
            RemoteCommand.Glob glob => (BuildbotNames.Glob, Map(("path", At(glob.Pattern)))),
            RemoteCommand.ListDirectory list => (BuildbotNames.ListDirectory, Map(("path", At(list.Path)))),
            _ => throw new ArgumentException($"No worker runs a command of kind {command.GetType().Name}.", nameof(command)),
        };

        string At(string path) => WorkerPath.Join(worker, folder, path);

        WireValue All(ImmutableArray<string> paths) =>
            new WireValue.List([.. paths.Select(path => (WireValue)At(path))]);
    }

    /// <summary>Whether a stock worker may be deaf while the command runs.</summary>
    public static bool MayBlockWorker(RemoteCommand command) => command is not RemoteCommand.Shell;

    private WireValue.Map Shell(RemoteCommand.Shell shell, string folder)
    {
        WireValue.Map map = Map(
            ("workdir", WorkerPath.Join(worker, folder, shell.WorkingDirectory)),
            ("env", new WireValue.Map([.. shell.Environment.Select(pair =>
                KeyValuePair.Create(pair.Key, pair.Value is null ? WireValue.Nil.Value : (WireValue)pair.Value))])),
            ("want_stdout", true),
            ("want_stderr", true),
            ("logfiles", new WireValue.Map([.. shell.LogFiles.Select(pair =>
                KeyValuePair.Create(pair.Key, (WireValue)WorkerPath.Join(worker, folder, pair.Value)))])),
            ("timeout", Seconds(shell.SilenceTimeout)),
            ("maxTime", Seconds(shell.Timeout)),
            ("sigtermTime", Seconds(shell.TerminationGrace)),
            ("usePTY", shell.UsePty),
            ("logEnviron", shell.LogEnvironment),
            ("initial_stdin", shell.StandardInput is null ? WireValue.Nil.Value : shell.StandardInput),
            ("interruptSignal", "KILL"),
            ("command", shell.Script is not null
                ? shell.Script
                : new WireValue.List([.. shell.Command.Select(word => (WireValue)word)])));
        // As masters from 4.1 on: behind maxTime, and only for workers that know it.
        return shell.MaxLines is { } lines && CommandVersions.AtLeast(worker.Commands, BuildbotNames.Shell, 3, 3)
            ? new WireValue.Map(map.Entries.Insert(7, new("max_lines", (long)lines)))
            : map;
    }

    private WireValue Block(int? size) => (long)(size ?? blockBytes);

    /// <summary>One more than allowed: workers call a file of exactly that size truncated.</summary>
    public static WireValue MaxSize(long? bytes) => bytes is null ? WireValue.Nil.Value : WireValue.FromInt64(bytes.Value + 1);

    /// <summary>Workers that join paths put their home folder for a leading tilde; a plan means a file of that name.</summary>
    public static string NoHome(string path) => path.StartsWith('~') ? "./" + path : path;

    public static WireValue OrNil(int? number) => number is null ? WireValue.Nil.Value : WireValue.FromInt64(number.Value);

    public static WireValue Seconds(TimeSpan? time) => time switch
    {
        null => WireValue.Nil.Value,
        { } span when span.Ticks % TimeSpan.TicksPerSecond == 0 => span.Ticks / TimeSpan.TicksPerSecond,
        { } span => span.TotalSeconds,
    };

    public static WireValue.Map Map(params (string Key, WireValue Value)[] pairs) =>
        new([.. pairs.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))]);
}
