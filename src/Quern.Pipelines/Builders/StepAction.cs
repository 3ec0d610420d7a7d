using System.Collections.Immutable;

namespace Quern.Pipelines;

/// <summary>What a step of a builder does. Worker paths are relative to the step's working directory, or absolute.</summary>
public abstract record StepAction
{
    private StepAction() { }

    /// <summary>The key of the configuration that makes it.</summary>
    public abstract string Kind { get; }

    /// <summary>Runs a program, or a script by <c>/bin/sh</c>.</summary>
    public sealed record Run : StepAction
    {
        public override string Kind => "run";

        /// <summary>The program and its arguments; empty when <see cref="Script"/> is given.</summary>
        public ImmutableArray<Template> Command { get; init; } = [];

        public Template? Script { get; init; }

        /// <summary>Over the builder's; a null value removes the variable.</summary>
        public ImmutableSortedDictionary<string, Template?> Environment { get; init; } = ImmutableSortedDictionary<string, Template?>.Empty;

        /// <summary>Killed after so long without output; null for never.</summary>
        public TimeSpan? SilenceTimeout { get; init; } = TimeSpan.FromMinutes(20);   // what Buildbot's masters send

        public bool UsePty { get; init; }

        /// <summary>Files to follow while it runs: log name to path.</summary>
        public ImmutableSortedDictionary<string, Template> LogFiles { get; init; } = ImmutableSortedDictionary<string, Template>.Empty;

        public Template? StandardInput { get; init; }

        /// <summary>Environment variable to the secret that it gets.</summary>
        public ImmutableSortedDictionary<string, string> Secrets { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

        /// <summary>The secret for standard input; null for none.</summary>
        public string? SecretInput { get; init; }
    }

    /// <summary>A file from the worker to an absolute path of the master.</summary>
    public sealed record Upload(Template From, Template To) : StepAction
    {
        public override string Kind => "upload";

        public long? MaxBytes { get; init; }
    }

    public sealed record UploadDirectory(Template From, Template To) : StepAction
    {
        public override string Kind => "upload_directory";

        public long? MaxBytes { get; init; }
    }

    /// <summary>A file, a text or a secret of the master to a path of the worker.</summary>
    public sealed record Download(DownloadSource From, Template To) : StepAction
    {
        public override string Kind => "download";

        /// <summary>Permission bits; null leaves them to the worker.</summary>
        public int? Mode { get; init; }
    }

    public sealed record MakeDirectory(ImmutableArray<Template> Paths) : StepAction
    {
        public override string Kind => "mkdir";
    }

    public sealed record Copy(Template From, Template To) : StepAction
    {
        public override string Kind => "copy";
    }

    /// <summary>Files and folders with all that is in them; what is not there is no failure.</summary>
    public sealed record Remove(ImmutableArray<Template> Paths) : StepAction
    {
        public override string Kind => "remove";
    }

    public sealed record List(Template Path) : StepAction
    {
        public override string Kind => "list";
    }

    /// <summary>Succeeds when the path exists.</summary>
    public sealed record Stat(Template Path) : StepAction
    {
        public override string Kind => "stat";
    }

    public sealed record Glob(Template Pattern) : StepAction
    {
        public override string Kind => "glob";
    }
}
