using System.Collections.Immutable;
using System.Diagnostics;
using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>A farm command in a worker's words. buildbot-msgpack.md section 7.</summary>
internal static class RemoteCommandArguments
{
    private const int BlockBytes = 256 * 1024;   // what Buildbot's masters send for files

    /// <param name="command">What to do.</param>
    /// <param name="place">The working place's folder, absolute; relative paths are below it.</param>
    public static (string Name, WireValue.Map Arguments) For(RemoteCommand command, string place)
    {
        string At(string path) => Path.GetFullPath(Path.Combine(place, path));
        return command switch
        {
            RemoteCommand.Shell shell => (BuildbotNames.Shell, Shell(shell, At)),
            RemoteCommand.UploadFile upload => (BuildbotNames.UploadFile, Map(
                ("path", At(upload.WorkerPath)), ("blocksize", (long)(upload.BlockSize ?? BlockBytes)), ("maxsize", Optional(upload.MaxBytes)))),
            RemoteCommand.UploadDirectory upload => (BuildbotNames.UploadDirectory, Map(
                ("path", At(upload.WorkerPath)), ("blocksize", (long)(upload.BlockSize ?? BlockBytes)), ("maxsize", Optional(upload.MaxBytes)))),
            RemoteCommand.DownloadFile download => (BuildbotNames.DownloadFile, Map(
                ("path", At(download.WorkerPath)), ("blocksize", (long)(download.BlockSize ?? BlockBytes)), ("mode", Optional(download.Mode)))),
            RemoteCommand.MakeDirectory make => (BuildbotNames.MakeDirectory, Map(("paths", List(make.Paths.Select(At))))),
            RemoteCommand.RemoveDirectory remove => (BuildbotNames.RemoveDirectory, Map(("logEnviron", false), ("paths", List(remove.Paths.Select(At))))),
            RemoteCommand.CopyDirectory copy => (BuildbotNames.CopyDirectory, Map(("logEnviron", false), ("from_path", At(copy.From)), ("to_path", At(copy.To)))),
            RemoteCommand.RemoveFile remove => (BuildbotNames.RemoveFile, Map(("path", At(remove.Path)))),
            RemoteCommand.Stat stat => (BuildbotNames.Stat, Map(("path", At(stat.Path)))),
            RemoteCommand.Glob glob => (BuildbotNames.Glob, Map(("path", At(glob.Pattern)))),
            RemoteCommand.ListDirectory list => (BuildbotNames.ListDirectory, Map(("path", At(list.Path)))),
            _ => throw new UnreachableException(),
        };
    }

    private static WireValue.Map Shell(RemoteCommand.Shell shell, Func<string, string> at) => Map(
        ("command", shell.Script is { } script ? script : List(shell.Command)),
        ("workdir", at(shell.WorkingDirectory)),
        ("env", new WireValue.Map([.. shell.Environment.Select(e => KeyValuePair.Create(e.Key, Optional(e.Value)))])),
        ("logfiles", new WireValue.Map([.. shell.LogFiles.Select(e => KeyValuePair.Create<string, WireValue>(e.Key, at(e.Value)))])),
        ("timeout", Optional(shell.SilenceTimeout)),
        ("maxTime", Optional(shell.Timeout)),
        ("sigtermTime", Optional(shell.TerminationGrace)),
        ("usePTY", shell.UsePty),
        ("logEnviron", shell.LogEnvironment),
        ("initial_stdin", Optional(shell.StandardInput)));

    private static WireValue.Map Map(params ReadOnlySpan<(string Key, WireValue Value)> entries)
    {
        var result = ImmutableArray.CreateBuilder<KeyValuePair<string, WireValue>>(entries.Length);
        foreach (var (key, value) in entries) result.Add(new(key, value));
        return new WireValue.Map(result.MoveToImmutable());
    }

    private static WireValue.List List(IEnumerable<string> texts) => new([.. texts.Select(WireValue.FromString)]);

    private static WireValue Optional(string? text) => text is null ? WireValue.Nil.Value : text;

    private static WireValue Optional(long? number) => number is { } value ? value : WireValue.Nil.Value;

    private static WireValue Optional(int? number) => Optional((long?)number);

    /// <summary>Whole seconds as an integer, as masters send them.</summary>
    private static WireValue Optional(TimeSpan? time) => time switch
    {
        null => WireValue.Nil.Value,
        { } t when t.Ticks % TimeSpan.TicksPerSecond == 0 => (long)t.TotalSeconds,
        { } t => t.TotalSeconds,
    };
}
