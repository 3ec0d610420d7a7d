using System.Text;
using Quern.Model;
using Quern.Storage;

namespace Quern.Peers.Dispatch;

/// <summary>Runs a plan on one working place, step by step, and says how it ended.</summary>
public sealed class PlanRunner(BlobStore blobs, MasterPaths paths, PlanRunnerOptions options)
{
    /// <summary>Runs every step; after a failure or a cancellation only those marked <see cref="PlanStep.Always"/>.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="seat">Where; the caller keeps it for the whole run.</param>
    /// <param name="log">Where the output goes; the caller completes it.</param>
    /// <param name="cancel">Cancelled when somebody cancels the job; the running command is interrupted.</param>
    public async Task<PlanEnd> RunAsync(Plan plan, Seat seat, JobLog log, CancellationToken cancel)
    {
        PlanEnd? end = null;
        StoredBlob? package = null;
        foreach (var step in plan.Steps)
        {
            if (end is null && cancel.IsCancellationRequested) end = new PlanEnd(new BuildOutcome.Cancelled("cancelled"), null);
            if (end is not null && (!step.Always || end.Outcome is BuildOutcome.Lost)) continue;

            // Clean-up runs to its end also when the job is cancelled meanwhile.
            var interrupt = end is null ? cancel : CancellationToken.None;
            var (failure, stored) = await RunStepAsync(step, seat, log, plan.Steps.Length > 1, interrupt);
            package = stored ?? package;
            if (failure is null || (step.Always && failure is not BuildOutcome.Lost)) continue;
            end ??= new PlanEnd(
                cancel.IsCancellationRequested && failure is BuildOutcome.Failed ? new BuildOutcome.Cancelled("cancelled") : failure, null);
        }
        return end ?? new PlanEnd(new BuildOutcome.Succeeded([]), package);
    }

    private async Task<(BuildOutcome? Failure, StoredBlob? Package)> RunStepAsync(
        PlanStep step, Seat seat, JobLog log, bool announce, CancellationToken interrupt)
    {
        if (step.UnlessExists is { } present)
        {
            var there = await seat.Link.RunAsync(new RemoteCommand.Stat(present), seat.Place, CommandObserver.Silent, interrupt);
            if (there is CommandResult.Lost gone) return (new BuildOutcome.Lost(gone.Reason), null);
            if (there is CommandResult.Ended { ExitCode: 0 }) return (null, null);
        }
        if (announce) await log.SayAsync($"--- {step.Name}");

        CommandObserver observer;
        try
        {
            observer = Observe(step.Command, log);
        }
        catch (Exception e) when (e is TransferRefusedException or IOException or UnauthorizedAccessException)
        {
            await log.SayAsync(e.Message);
            return (new BuildOutcome.Failed(step.Name, null, e.Message), null);
        }
        await using (observer)
        {
            var result = await seat.Link.RunAsync(step.Command, seat.Place, observer, interrupt);
            var failure = Judge(step, result, observer);
            if (failure is BuildOutcome.Failed { ExitCode: not 0 and var code } && code is not null)
                await log.SayAsync($"--- {step.Name} ended with exit code {code}");
            else if (failure is BuildOutcome.Failed failed)
                await log.SayAsync(failed.Reason);
            return (failure, failure is null ? (observer as PackageUploadObserver)?.Stored : null);
        }
    }

    private static BuildOutcome? Judge(PlanStep step, CommandResult result, CommandObserver observer) => result switch
    {
        CommandResult.Lost lost => new BuildOutcome.Lost(lost.Reason),
        CommandResult.Refused refused => new BuildOutcome.Failed(step.Name, null, $"Step '{step.Name}' could not be done: {refused.Reason}"),
        CommandResult.Ended { ExitCode: 0 } when observer.Unfinished is { } missing =>
            new BuildOutcome.Failed(step.Name, 0, $"Step '{step.Name}' ended well, but {missing}."),
        CommandResult.Ended { ExitCode: 0 } => null,
        CommandResult.Ended ended => new BuildOutcome.Failed(step.Name, ended.ExitCode, Explain(step, ended.ExitCode)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Explain(PlanStep step, int exitCode) => step.Explanations.TryGetValue(exitCode, out string? text)
        ? text
        : exitCode == -1 ? $"Step '{step.Name}' was ended by a signal." : $"Step '{step.Name}' ended with exit code {exitCode}.";

    private CommandObserver Observe(RemoteCommand command, JobLog log) => command switch
    {
        RemoteCommand.UploadFile { Target: MasterTarget.Package } upload =>
            new PackageUploadObserver(log, blobs, upload.MaxBytes ?? options.MaxPackageBytes),
        RemoteCommand.UploadFile { Target: MasterTarget.Path target } upload =>
            new FileUploadObserver(log, Allowed(target.AbsolutePath), upload.MaxBytes ?? options.MaxUploadBytes),
        RemoteCommand.UploadDirectory { Target: MasterTarget.Path target } upload =>
            new DirectoryUploadObserver(log, Allowed(target.AbsolutePath), upload.MaxBytes ?? options.MaxUploadBytes),
        RemoteCommand.UploadDirectory => throw new TransferRefusedException("A package is one file; a folder cannot be uploaded as one."),
        RemoteCommand.DownloadFile download => new DownloadObserver(log, Open(download.Source)),
        _ => new CommandObserver(log),
    };

    private Stream Open(MasterSource source) => source switch
    {
        MasterSource.Blob blob when Sha256Hash.TryParse(blob.Sha256, out var hash) =>
            blobs.OpenRead(hash) ?? throw new TransferRefusedException($"The farm no longer has the blob {hash}."),
        MasterSource.Blob blob => throw new TransferRefusedException($"'{blob.Sha256}' is not a SHA-256."),
        MasterSource.File file => new FileStream(Allowed(file.Path), FileMode.Open, FileAccess.Read, FileShare.Read, 0),
        MasterSource.Text text => new MemoryStream(Encoding.UTF8.GetBytes(text.Content), writable: false),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

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
}

/// <summary>How a plan ended.</summary>
/// <param name="Outcome">Success without artifacts, or what went wrong.</param>
/// <param name="Package">The uploaded package of a successful plan, not yet verified; null when the plan made none.</param>
public sealed record PlanEnd(BuildOutcome Outcome, StoredBlob? Package);
