using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Quern.Model;

/// <summary>
/// One thing a worker is asked to do, in the farm's words; a link turns it into its protocol's. Worker paths are absolute
/// or relative to the working place's folder.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Shell), "shell")]
[JsonDerivedType(typeof(UploadFile), "upload_file")]
[JsonDerivedType(typeof(UploadDirectory), "upload_directory")]
[JsonDerivedType(typeof(DownloadFile), "download_file")]
[JsonDerivedType(typeof(MakeDirectory), "mkdir")]
[JsonDerivedType(typeof(RemoveDirectory), "rmdir")]
[JsonDerivedType(typeof(CopyDirectory), "cpdir")]
[JsonDerivedType(typeof(RemoveFile), "rmfile")]
[JsonDerivedType(typeof(Stat), "stat")]
[JsonDerivedType(typeof(Glob), "glob")]
[JsonDerivedType(typeof(ListDirectory), "listdir")]
public abstract record RemoteCommand
{
    private RemoteCommand() { }

    /// <summary>Runs a program.</summary>
    public sealed record Shell : RemoteCommand
    {
        /// <summary>The program and its arguments, run without a shell. Empty when <see cref="Script"/> is given.</summary>
        public ImmutableArray<string> Command { get; init; } = [];

        /// <summary>Text for <c>/bin/sh -c</c>; null when <see cref="Command"/> is given.</summary>
        public string? Script { get; init; }

        /// <summary>Where it runs; empty is the working place's folder itself. Made with its parents if missing.</summary>
        public string WorkingDirectory { get; init; } = "";

        /// <summary>Changes to the worker's environment; a null value removes the variable.</summary>
        public ImmutableSortedDictionary<string, string?> Environment { get; init; } =
            ImmutableSortedDictionary<string, string?>.Empty;

        /// <summary>Kill after so long without output; null for never.</summary>
        public TimeSpan? SilenceTimeout { get; init; } = TimeSpan.FromMinutes(20);   // what Buildbot's masters send

        /// <summary>Kill after so long in all; null for never.</summary>
        public TimeSpan? Timeout { get; init; }

        /// <summary>Kill after so many lines of output, where the worker can (Buildbot's from 4.1); null for never.</summary>
        public int? MaxLines { get; init; }

        /// <summary>Between SIGTERM and SIGKILL; null kills at once.</summary>
        public TimeSpan? TerminationGrace { get; init; }

        public bool UsePty { get; init; }

        /// <summary>Whether the environment stands in the log's header.</summary>
        public bool LogEnvironment { get; init; } = true;

        /// <summary>Written to standard input, which is then closed; null closes it at once.</summary>
        public string? StandardInput { get; init; }

        /// <summary>Files to follow while it runs: log name to path.</summary>
        public ImmutableSortedDictionary<string, string> LogFiles { get; init; } =
            ImmutableSortedDictionary<string, string>.Empty;
    }

    /// <summary>Worker to master, one file.</summary>
    public sealed record UploadFile(string WorkerPath, MasterTarget Target) : RemoteCommand
    {
        /// <summary>Bytes per message; null lets the link choose.</summary>
        public int? BlockSize { get; init; }

        /// <summary>Refuse more bytes than this; null for the farm's own limit.</summary>
        public long? MaxBytes { get; init; }
    }

    /// <summary>Worker to master, a folder as a tar; the target must be a folder path.</summary>
    public sealed record UploadDirectory(string WorkerPath, MasterTarget Target) : RemoteCommand
    {
        public int? BlockSize { get; init; }

        public long? MaxBytes { get; init; }
    }

    /// <summary>Master to worker, one file.</summary>
    public sealed record DownloadFile(MasterSource Source, string WorkerPath) : RemoteCommand
    {
        public int? BlockSize { get; init; }

        /// <summary>Permission bits of the file on the worker; null leaves them to the worker's umask.</summary>
        public int? Mode { get; init; }
    }

    public sealed record MakeDirectory(ImmutableArray<string> Paths) : RemoteCommand;

    public sealed record RemoveDirectory(ImmutableArray<string> Paths) : RemoteCommand;

    public sealed record CopyDirectory(string From, string To) : RemoteCommand;

    public sealed record RemoveFile(string Path) : RemoteCommand;

    public sealed record Stat(string Path) : RemoteCommand;

    public sealed record Glob(string Pattern) : RemoteCommand;

    public sealed record ListDirectory(string Path) : RemoteCommand;
}
