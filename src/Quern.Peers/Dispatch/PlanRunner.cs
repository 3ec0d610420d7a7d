using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Quern.Model;
using Quern.Peers.Secrets;
using Quern.Pipelines;
using Quern.Storage;

namespace Quern.Peers.Dispatch;

/// <summary>Runs a plan on one working place, step by step, and says how it ended.</summary>
public sealed class PlanRunner(BlobStore blobs, MasterPaths paths, PlanRunnerOptions options, TimeProvider time)
{
    /// <summary>More names than this of one <c>glob</c> or <c>listdir</c> are counted and not shown.</summary>
    private const int MaxShownNames = 10_000;

    /// <summary>Runs every step; after a failure or a cancellation only those marked <see cref="PlanStep.Always"/>.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="seat">Where; the caller keeps it for the whole run.</param>
    /// <param name="log">Where the output goes; the caller completes it.</param>
    /// <param name="steps">Where the steps' results go; the caller stores what is left of them.</param>
    /// <param name="secrets">The values of the secrets that the plan names.</param>
    /// <param name="cancel">Cancelled when somebody cancels the job; the running command is interrupted.</param>
    public async Task<PlanEnd> RunAsync(Plan plan, Seat seat, JobLog log, StepBook steps, PlanSecrets secrets, CancellationToken cancel)
    {
        steps.Kept = plan.Steps.Length > 1 || plan.Builder.Length > 0;
        StoredBlob? package = null;
        var progress = PlanProgress.Of(plan);
        while (true)
        {
            (progress, var choice) = progress.Next(cancel.IsCancellationRequested);
            switch (choice)
            {
                case StepChoice.Done done:
                    return new PlanEnd(done.Outcome, done.Outcome is BuildOutcome.Succeeded ? package : null);
                case StepChoice.LeaveOut left:
                    if (plan.Builder.Length > 0) await log.SayAsync($"--- {left.Step.Name} left out: {left.Reason}");
                    progress = Told(progress, new StepEnd.Skipped(left.Reason), Result(progress, left.Step, log), log, steps);
                    break;
                case StepChoice.Run run:
                    var begun = Result(progress, run.Step, log) with { StartedAt = time.GetUtcNow() };
                    await steps.BeginAsync(begun);
                    var (end, stored) = await RunStepAsync(run, seat, log, secrets, steps.Kept, cancel);
                    package = stored ?? package;
                    begun = begun with { Logs = await log.EndStepAsync() };
                    progress = Told(progress, end, begun, log, steps);
                    break;
            }
        }
    }

    private static StepResult Result(PlanProgress progress, PlanStep step, JobLog log) =>
        new(progress.Position + 1, step.Name, StepState.Running) { FirstLine = log.Lines + 1 };

    private PlanProgress Told(PlanProgress progress, StepEnd end, StepResult begun, JobLog log, StepBook steps)
    {
        var (next, state) = progress.After(end);
        steps.End(begun with
        {
            State = state,
            ExitCode = end switch { StepEnd.Succeeded => 0, StepEnd.Failed failed => failed.ExitCode, StepEnd.Cancelled cancelled => cancelled.ExitCode, _ => null },
            Reason = end switch { StepEnd.Skipped skipped => skipped.Reason, StepEnd.Failed failed => failed.Reason, StepEnd.Lost lost => log.Hide(lost.Reason), _ => "" },
            FinishedAt = begun.StartedAt is null ? null : time.GetUtcNow(),
            Lines = log.Lines + 1 - begun.FirstLine,
        });
        return next;
    }

    private async Task<(StepEnd End, StoredBlob? Package)> RunStepAsync(
        StepChoice.Run run, Seat seat, JobLog log, PlanSecrets secrets, bool announce, CancellationToken cancel)
    {
        var step = run.Step;
        // Clean-up runs to its end also when the job is cancelled meanwhile, but never for ever.
        using var limit = LimitOf(run) is { } allowed ? new CancellationTokenSource(allowed, time) : new CancellationTokenSource();
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(run.CleaningUp ? CancellationToken.None : cancel, limit.Token);
        if (step.UnlessExists is { } present)
        {
            var there = await seat.Link.RunAsync(new RemoteCommand.Stat(present), seat.Place, CommandObserver.Silent, interrupt.Token);
            if (there is CommandResult.Lost gone) return (new StepEnd.Lost(gone.Reason), null);
            if (there is CommandResult.Ended { ExitCode: 0 }) return (new StepEnd.Skipped($"'{present}' is there already"), null);
        }
        if (announce) await log.SayAsync($"--- {step.Name}");

        CommandObserver observer;
        try
        {
            observer = Observe(step.Command, log, secrets);
        }
        catch (Exception e) when (e is TransferRefusedException or IOException or UnauthorizedAccessException)
        {
            await log.SayAsync(e.Message);
            return (new StepEnd.Failed(null, log.Hide(e.Message)), null);
        }
        await using (observer)
        {
            var result = await seat.Link.RunAsync(Complete(step, secrets), seat.Place, observer, interrupt.Token);
            if (result is CommandResult.Ended { Files: { IsDefaultOrEmpty: false } files }) await ShowNamesAsync(files, log);
            switch (Judge(step, result, observer))
            {
                case StepEnd.Succeeded good:
                    return (good, (observer as PackageUploadObserver)?.Stored);
                case StepEnd.Failed failed when limit.IsCancellationRequested:
                    return (await TellAsync(step, failed with { Reason = $"Step '{step.Name}' was stopped after its time limit of {Spoken(LimitOf(run)!.Value)}." }, log), null);
                case StepEnd.Failed failed:
                    var told = await TellAsync(step, failed with { Reason = log.Hide(failed.Reason) }, log);
                    return (interrupt.IsCancellationRequested ? new StepEnd.Cancelled(told.ExitCode) : told, null);
                case var other:
                    return (other, null);
            }
        }
    }

    /// <summary>The log has the exit code of what failed; where that alone says little, the reason too.</summary>
    private static async Task<StepEnd.Failed> TellAsync(PlanStep step, StepEnd.Failed failed, JobLog log)
    {
        if (failed.ExitCode is not (null or 0)) await log.SayAsync($"--- {step.Name} ended with exit code {failed.ExitCode}");
        if (failed.ExitCode is null or 0 or -1) await log.SayAsync(failed.Reason);
        return failed;
    }

    private TimeSpan? LimitOf(StepChoice.Run run) => run.CleaningUp ? run.Step.TimeLimit ?? options.CleanUpLimit : run.Step.TimeLimit;

    private static string Spoken(TimeSpan span) => span.TotalSeconds < 120 ? $"{span.TotalSeconds:0} seconds" : $"{span.TotalMinutes:0} minutes";

    /// <summary>What the worker is asked: the step's command with the values of its secrets.</summary>
    private static RemoteCommand Complete(PlanStep step, PlanSecrets secrets)
    {
        if (step.Command is not RemoteCommand.Shell shell || (step.SecretEnvironment.IsEmpty && step.SecretInput is null)) return step.Command;
        return shell with
        {
            Environment = shell.Environment.SetItems(step.SecretEnvironment.Select(s => KeyValuePair.Create(s.Key, (string?)secrets.Values[s.Value]))),
            // The mask would hide the values; that they are never sent back is better still.
            LogEnvironment = shell.LogEnvironment && step.SecretEnvironment.IsEmpty,
            StandardInput = step.SecretInput is { } name ? secrets.Values[name] + "\n" : shell.StandardInput,
        };
    }

    private async Task ShowNamesAsync(ImmutableArray<string> names, JobLog log)
    {
        var text = new StringBuilder();
        foreach (string name in names.Take(MaxShownNames)) text.Append(name.ReplaceLineEndings("?")).Append('\n');
        if (names.Length > MaxShownNames) text.Append($"... and {names.Length - MaxShownNames} more\n");
        await log.AppendAsync(OutputStream.Stdout, "", Encoding.UTF8.GetBytes(text.ToString()), time.GetUtcNow());
    }

    private static StepEnd Judge(PlanStep step, CommandResult result, CommandObserver observer) => result switch
    {
        CommandResult.Lost lost => new StepEnd.Lost(lost.Reason),
        CommandResult.Refused refused => new StepEnd.Failed(null, $"Step '{step.Name}' could not be done: {refused.Reason}"),
        CommandResult.Ended { ExitCode: 0 } when observer.Unfinished is { } missing =>
            new StepEnd.Failed(0, $"Step '{step.Name}' ended well, but {missing}."),
        CommandResult.Ended { ExitCode: 0 } => new StepEnd.Succeeded(),
        CommandResult.Ended ended => new StepEnd.Failed(ended.ExitCode, Explain(step, ended)),
        _ => throw new UnreachableException(),
    };

    private static string Explain(PlanStep step, CommandResult.Ended ended) => step.Explanations.TryGetValue(ended.ExitCode, out string? text)
        ? text
        : ended switch
        {
            { Limit: CommandLimit.Time } => $"Step '{step.Name}' was ended by the worker: it ran too long.",
            { Limit: CommandLimit.Silence } => $"Step '{step.Name}' was ended by the worker: it said nothing for too long.",
            { Limit: CommandLimit.Lines } => $"Step '{step.Name}' was ended by the worker: it wrote too many lines.",
            { ExitCode: -1 } => $"Step '{step.Name}' was ended by a signal.",
            _ => $"Step '{step.Name}' ended with exit code {ended.ExitCode}.",
        };

    private CommandObserver Observe(RemoteCommand command, JobLog log, PlanSecrets secrets) => command switch
    {
        RemoteCommand.UploadFile { Target: MasterTarget.Package } upload =>
            new PackageUploadObserver(log, blobs, upload.MaxBytes ?? options.MaxPackageBytes),
        RemoteCommand.UploadFile { Target: MasterTarget.Path target } upload =>
            new FileUploadObserver(log, Allowed(target.AbsolutePath), upload.MaxBytes ?? options.MaxUploadBytes),
        RemoteCommand.UploadDirectory { Target: MasterTarget.Path target } upload =>
            new DirectoryUploadObserver(log, Allowed(target.AbsolutePath), upload.MaxBytes ?? options.MaxUploadBytes),
        RemoteCommand.UploadDirectory => throw new TransferRefusedException("A package is one file; a folder cannot be uploaded as one."),
        RemoteCommand.DownloadFile download => new DownloadObserver(log, Open(download.Source, secrets)),
        _ => new CommandObserver(log),
    };

    private Stream Open(MasterSource source, PlanSecrets secrets) => source switch
    {
        MasterSource.Blob blob when Sha256Hash.TryParse(blob.Sha256, out var hash) =>
            blobs.OpenRead(hash) ?? throw new TransferRefusedException($"The farm no longer has the blob {hash}."),
        MasterSource.Blob blob => throw new TransferRefusedException($"'{blob.Sha256}' is not a SHA-256."),
        MasterSource.File file => OpenFile(Allowed(file.Path)),
        MasterSource.Text text => TextOf(text.Content),
        MasterSource.Secret secret => TextOf(secrets.Values[secret.Name] + "\n"),
        _ => throw new UnreachableException(),
    };

    private static FileStream OpenFile(string path)
    {
        try
        {
            return RegularFile.OpenRead(path);
        }
        catch (IOException e)
        {
            throw new TransferRefusedException($"The master's file '{path}' cannot be read: {e.Message}.", e);
        }
    }

    private static MemoryStream TextOf(string text) => new(Encoding.UTF8.GetBytes(text), writable: false);

    // Checked again here and not only at submission: a link may have been laid in between.
    private string Allowed(string path) => paths.Refuse(path) is { } why ? throw new TransferRefusedException(why) : path;
}

/// <summary>Limits of what plans may bring to the master.</summary>
public sealed record PlanRunnerOptions
{
    /// <summary>Default 4 GiB: the largest packages of Debian are half of that.</summary>
    public long MaxPackageBytes { get; init; } = 4L << 30;

    /// <summary>Default 64 GiB: an explicit plan writes only where the configuration lets it.</summary>
    public long MaxUploadBytes { get; init; } = 64L << 30;

    /// <summary>
    /// How long a step without a limit of its own may clean up after a failure or a cancel. Default ten minutes: long enough to
    /// remove a large tree, short enough that a cancelled job gives its worker back.
    /// </summary>
    public TimeSpan CleanUpLimit { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>How a plan ended.</summary>
/// <param name="Outcome">Success without artifacts, or what went wrong.</param>
/// <param name="Package">The uploaded package of a successful plan, not yet verified; null when the plan made none.</param>
public sealed record PlanEnd(BuildOutcome Outcome, StoredBlob? Package);
