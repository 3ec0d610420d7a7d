using System.Collections.Immutable;
using System.Diagnostics;
using Quern.Model;

namespace Quern.Pipelines;

/// <summary>From a builder and the properties of one run to an explicit plan. Pure.</summary>
public static class BuilderCompiler
{
    /// <summary>The variable that tells a program which builder runs it.</summary>
    public const string BuilderVariable = "QUERN_BUILDER";

    /// <summary>The variable that tells a program the id of its job.</summary>
    public const string JobVariable = "QUERN_JOB";

    /// <summary>ENOENT, which workers give as the exit code of <c>stat</c> and <c>listdir</c>.</summary>
    private const int NoEntry = 2;

    /// <summary>
    /// How much later than the worker the master ends a program that is over its time: the worker's own end leaves the better
    /// log, so the master's comes only when the worker does not act.
    /// </summary>
    private static readonly TimeSpan WorkerFirst = TimeSpan.FromSeconds(30);

    /// <param name="builder">Checked when the configuration was read.</param>
    /// <param name="given">Values of this run; those left out have their defaults.</param>
    /// <param name="job">The id of the job to be.</param>
    public static CompileResult Compile(Builder builder, IReadOnlyDictionary<string, string> given, JobId job)
    {
        var values = PropertyValues.Of(builder, given, job.ToString());
        ImmutableArray<PlanStep> steps = [.. builder.Steps.Select(s => StepOf(builder, s, values))];
        return values.Reasons is { IsEmpty: false } reasons
            ? new CompileResult.Refused(reasons)
            : new CompileResult.Compiled(new Plan(steps) { Builder = builder.Name, Properties = values.All });
    }

    private static PlanStep StepOf(Builder builder, BuilderStep step, PropertyValues values)
    {
        var run = step.Action as StepAction.Run;
        return new PlanStep(step.Name, CommandOf(builder, step, values))
        {
            If = step.If,
            Always = step.AlwaysRun,
            OnFailure = step.OnFailure,
            HaltOnFailure = step.HaltOnFailure,
            TimeLimit = run is null ? step.Timeout : step.Timeout + WorkerFirst,
            SecretEnvironment = run?.Secrets ?? ImmutableSortedDictionary<string, string>.Empty,
            SecretInput = run?.SecretInput,
            Explanations = step.Action is StepAction.Stat or StepAction.List ? NotThere(step) : ImmutableSortedDictionary<int, string>.Empty,
        };
    }

    private static ImmutableSortedDictionary<int, string> NotThere(BuilderStep step) => ImmutableSortedDictionary<int, string>.Empty
        .Add(NoEntry, $"Step '{step.Name}' looked for something that does not exist on the worker.");

    private static RemoteCommand CommandOf(Builder builder, BuilderStep step, PropertyValues values)
    {
        string folder = values.Path(step.WorkingDirectory).TrimEnd('/');
        string At(Template template) => Below(folder, values.Path(template));
        return step.Action switch
        {
            StepAction.Run run => Shell(builder, step, run, folder, values),
            StepAction.Upload upload => new RemoteCommand.UploadFile(At(upload.From), new MasterTarget.Path(values.Path(upload.To))) { MaxBytes = upload.MaxBytes },
            StepAction.UploadDirectory upload => new RemoteCommand.UploadDirectory(At(upload.From), new MasterTarget.Path(values.Path(upload.To))) { MaxBytes = upload.MaxBytes },
            StepAction.Download download => new RemoteCommand.DownloadFile(SourceOf(download.From, values), At(download.To)) { Mode = download.Mode },
            StepAction.MakeDirectory make => new RemoteCommand.MakeDirectory([.. make.Paths.Select(At)]),
            StepAction.Copy copy => new RemoteCommand.CopyDirectory(At(copy.From), At(copy.To)),
            // What stock workers do for it is 'rm -rf', which takes files as well.
            StepAction.Remove remove => new RemoteCommand.RemoveDirectory([.. remove.Paths.Select(At)]),
            StepAction.List list => new RemoteCommand.ListDirectory(At(list.Path)),
            StepAction.Stat stat => new RemoteCommand.Stat(At(stat.Path)),
            StepAction.Glob glob => new RemoteCommand.Glob(At(glob.Pattern)),
            _ => throw new UnreachableException(),
        };
    }

    private static RemoteCommand.Shell Shell(Builder builder, BuilderStep step, StepAction.Run run, string folder, PropertyValues values)
    {
        var environment = ImmutableSortedDictionary.CreateBuilder<string, string?>(StringComparer.Ordinal);
        environment[BuilderVariable] = values.All[PropertyNames.Builder];
        environment[JobVariable] = values.All[PropertyNames.Job];
        foreach (var (name, value) in builder.Environment) environment[name] = value is null ? null : values.Variable(value);
        foreach (var (name, value) in run.Environment) environment[name] = value is null ? null : values.Variable(value);
        return new RemoteCommand.Shell
        {
            Command = [.. run.Command.Select(values.Word)],
            Script = run.Script is { } script ? values.Script(script) : null,
            WorkingDirectory = folder,
            Environment = environment.ToImmutable(),
            SilenceTimeout = run.SilenceTimeout,
            Timeout = step.Timeout,
            UsePty = run.UsePty,
            StandardInput = run.StandardInput is { } input ? values.Word(input) : null,
            LogFiles = run.LogFiles.ToImmutableSortedDictionary(f => f.Key, f => Below(folder, values.Path(f.Value)), StringComparer.Ordinal),
        };
    }

    private static string Below(string folder, string path) => folder.Length == 0 || path.StartsWith('/') ? path : $"{folder}/{path}";

    private static MasterSource SourceOf(DownloadSource source, PropertyValues values) => source switch
    {
        DownloadSource.File file => new MasterSource.File(values.Path(file.Path)),
        DownloadSource.Text text => new MasterSource.Text(values.Word(text.Content)),
        DownloadSource.Secret secret => new MasterSource.Secret(secret.Name),
        _ => throw new UnreachableException(),
    };
}
