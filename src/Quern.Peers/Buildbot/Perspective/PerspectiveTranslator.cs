using System.Collections.Immutable;
using Quern.Model;
using Quern.Protocols.Buildbot;
using Quern.Protocols.Buildbot.Perspective;

namespace Quern.Peers.Buildbot.Perspective;

/// <summary>
/// Turns the farm's commands into those of Perspective Broker: names and arguments in the order of real masters, paths below
/// the builder's folder, and for older workers what their command versions ask for. buildbot-commands.md, buildbot-pb.md 9.1.
/// </summary>
internal sealed class PerspectiveTranslator(WorkerInfo worker, int blockBytes)
{
    /// <summary>The commands to run one after the other, or why this worker cannot do it.</summary>
    /// <param name="command">What the farm wants.</param>
    /// <param name="place">The builder whose folder relative paths are below.</param>
    /// <param name="problem">Empty on success.</param>
    public ImmutableArray<PerspectiveCommand> Translate(RemoteCommand command, string place, out string problem)
    {
        problem = "";
        if (command is RemoteCommand.ListDirectory && worker.Commands.Count > 0 && !Has(BuildbotNames.ListDirectory, 2, 16))
        {
            problem = $"the worker is too old to list folders; its version is '{worker.Version}'";
            return [];
        }

        ImmutableArray<PerspectiveCommand> commands = command switch
        {
            RemoteCommand.Shell shell => [new(BuildbotNames.Shell, Shell(shell, place))],
            RemoteCommand.UploadFile upload =>
                [new(PerspectiveNames.UploadFile, Upload(upload.WorkerPath, upload.MaxBytes, upload.BlockSize), MasterObject.FileWriter)],
            RemoteCommand.UploadDirectory upload => [new(
                PerspectiveNames.UploadDirectory,
                With(Upload(upload.WorkerPath, upload.MaxBytes, upload.BlockSize), "compress", WireValue.Nil.Value),
                MasterObject.DirectoryWriter)],
            RemoteCommand.DownloadFile download => [new(PerspectiveNames.DownloadFile, Download(download), MasterObject.FileReader)],
            RemoteCommand.MakeDirectory make =>
                [.. make.Paths.Select(path => new PerspectiveCommand(BuildbotNames.MakeDirectory, Map(("dir", path))))],
            RemoteCommand.RemoveDirectory remove => Remove(remove.Paths),
            RemoteCommand.CopyDirectory copy => [new(BuildbotNames.CopyDirectory, Map(
                ("fromdir", copy.From), ("todir", copy.To),
                ("timeout", CommandTranslator.TreeTimeoutSeconds), ("logEnviron", false)))],
            // Older workers have no rmfile; their rmdir removes files as well.
            RemoteCommand.RemoveFile remove when !Has(BuildbotNames.RemoveFile, 3, 1) => Remove([Absolute(place, remove.Path)]),
            RemoteCommand.RemoveFile remove => [new(BuildbotNames.RemoveFile, Map(("path", CommandTranslator.NoHome(remove.Path))))],
            RemoteCommand.Stat stat => [new(BuildbotNames.Stat, Map(("file", stat.Path)))],
            RemoteCommand.Glob glob => [new(BuildbotNames.Glob, Map(("path", glob.Pattern)))],
            RemoteCommand.ListDirectory list => [new(BuildbotNames.ListDirectory, Map(("dir", list.Path)))],
            _ => throw new ArgumentException($"No worker runs a command of kind {command.GetType().Name}.", nameof(command)),
        };
        // A worker that does not tell its commands is asked anyway, and refuses in its own words.
        if (worker.Commands.Count > 0 && commands.FirstOrDefault(c => !worker.Commands.ContainsKey(c.Name)) is { } missing)
            problem = $"the worker has no command '{missing.Name}'; its version is '{worker.Version}'";
        return commands;
    }

    private WireValue.Map Shell(RemoteCommand.Shell shell, string place)
    {
        var arguments = ImmutableArray.CreateBuilder<KeyValuePair<string, WireValue>>(16);
        Add("workdir", shell.WorkingDirectory);
        // Before there were versions the argument had another name.
        if (!worker.Commands.ContainsKey(BuildbotNames.Shell)) Add("dir", shell.WorkingDirectory);
        Add("env", new WireValue.Map([.. shell.Environment.Select(pair =>
            KeyValuePair.Create(pair.Key, pair.Value is null ? WireValue.Nil.Value : (WireValue)pair.Value))]));
        Add("want_stdout", true);
        Add("want_stderr", true);
        Add("logfiles", new WireValue.Map([.. shell.LogFiles.Select(pair =>
            KeyValuePair.Create(pair.Key, (WireValue)Absolute(place, pair.Value)))]));
        Add("timeout", CommandTranslator.Seconds(shell.SilenceTimeout));
        Add("maxTime", CommandTranslator.Seconds(shell.Timeout));
        if (shell.MaxLines is { } lines && Has(BuildbotNames.Shell, 3, 3)) Add("max_lines", (long)lines);
        if (Has(BuildbotNames.Shell, 2, 16)) Add("sigtermTime", CommandTranslator.Seconds(shell.TerminationGrace));
        if (Has(BuildbotNames.Shell, 2, 7)) Add("usePTY", shell.UsePty);
        Add("logEnviron", shell.LogEnvironment);
        Add("initial_stdin", shell.StandardInput is null ? WireValue.Nil.Value : shell.StandardInput);
        if (Has(BuildbotNames.Shell, 2, 15)) Add("interruptSignal", "KILL");
        Add("command", shell.Script is not null
            ? shell.Script
            : new WireValue.List([.. shell.Command.Select(word => (WireValue)word)]));
        return new WireValue.Map(arguments.DrainToImmutable());

        void Add(string key, WireValue value) => arguments.Add(new(key, value));
    }

    private WireValue.Map Upload(string path, long? maxBytes, int? block) => Map(
        ("workdir", ""),
        ("maxsize", CommandTranslator.MaxSize(maxBytes)),
        ("blocksize", Block(block)),
        (Has(PerspectiveNames.UploadFile, 3, 0) ? "workersrc" : "slavesrc", CommandTranslator.NoHome(path)));

    private WireValue.Map Download(RemoteCommand.DownloadFile download) => Map(
        ("maxsize", WireValue.Nil.Value),
        ("blocksize", Block(download.BlockSize)),
        ("workdir", ""),
        ("mode", download.Mode is { } mode ? (WireValue)(long)mode : WireValue.Nil.Value),
        (Has(PerspectiveNames.DownloadFile, 3, 0) ? "workerdest" : "slavedest", CommandTranslator.NoHome(download.WorkerPath)));

    private ImmutableArray<PerspectiveCommand> Remove(ImmutableArray<string> paths)
    {
        if (Has(BuildbotNames.RemoveDirectory, 2, 14)) return [One(new WireValue.List([.. paths.Select(path => (WireValue)path)]))];
        return [.. paths.Select(path => One(path))];

        static PerspectiveCommand One(WireValue folder) => new(BuildbotNames.RemoveDirectory, Map(
            ("dir", folder), ("logEnviron", false), ("timeout", CommandTranslator.TreeTimeoutSeconds)));
    }

    private bool Has(string command, int major, int minor) => CommandVersions.AtLeast(worker.Commands, command, major, minor);

    /// <summary>The path below the place's folder; as it is when the worker does not say where its folders are.</summary>
    private string Absolute(string place, string path) => worker.BaseDirectory.Length == 0
        ? path
        : WorkerPath.Join(worker, WorkerPath.Join(worker, worker.BaseDirectory, place), path);

    private WireValue Block(int? size) => (long)Math.Min(size ?? blockBytes, PerspectiveLinkOptions.MaxBlockBytes);

    private static WireValue.Map With(WireValue.Map map, string key, WireValue value) => new(map.Entries.Add(new(key, value)));

    private static WireValue.Map Map(params (string Key, WireValue Value)[] pairs) =>
        new([.. pairs.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))]);
}
