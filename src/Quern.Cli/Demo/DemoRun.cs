using System.Collections.Immutable;
using Quern.MasterHost;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Packaging.Roots;
using Quern.Packaging.Runs;
using Quern.Peers.Recipes;
using Quern.Storage;

namespace Quern.Cli.Demo;

/// <summary>The demo from start to report: a farm, real recipes, one batch, and some of the results run.</summary>
internal sealed class DemoRun(DemoOptions options, Terminal terminal, TimeProvider time)
{
    private static readonly Actor Demo = new("user:demo");

    private readonly DemoProgress _progress = new(terminal, time, options.Slots);

    public async Task<DemoReport> RunAsync(CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        var root = new RootSettings.Debian(DebianSuite.OfThisMachine(), options.RootPackages);
        await using var farm = await DemoFarm.StartAsync(options, root, time, cancellationToken);
        var master = farm.Master;
        var template = options.Isolation == Isolation.Sandbox ? await MakeRootAsync(master, root, cancellationToken) : null;
        var setUp = time.GetElapsedTime(began);
        _progress.Say($"quern: the farm is ready after {DemoProgress.Seconds(setUp)}; {farm.WorkerProgram} with {options.Slots} slots");

        long building = time.GetTimestamp();
        var packages = await SubmitAsync(master, cancellationToken);
        await WatchAsync(master, packages, cancellationToken);
        var built = time.GetElapsedTime(building);

        var finished = ImmutableArray.CreateBuilder<DemoPackage>();
        foreach (var package in packages) finished.Add(await ReadBackAsync(master, package, cancellationToken));
        var (trials, remark) = await TryAsync(master, template, finished, cancellationToken);
        return new DemoReport(farm.WorkerProgram, finished.ToImmutable(), trials, setUp, built, remark);
    }

    private async Task<RootTemplate> MakeRootAsync(QuernMaster master, RootSettings settings, CancellationToken cancellationToken)
    {
        var lines = System.Threading.Channels.Channel.CreateUnbounded<string>();   // bounded by what one mmdebstrap run says
        var making = Task.Run(async () =>
        {
            try
            {
                return await master.Roots.MakeAsync(settings, line => lines.Writer.TryWrite(line), cancellationToken);
            }
            finally
            {
                lines.Writer.Complete();
            }
        }, cancellationToken);
        await foreach (string line in lines.Reader.ReadAllAsync(cancellationToken)) _progress.Say($"root: {line}");
        return await making switch
        {
            RootResult.Ready ready => ready.Root,
            RootResult.Failed failed => throw new CommandFailedException(ExitCode.Failed, failed.Message),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private async Task<ImmutableArray<DemoPackage>> SubmitAsync(QuernMaster master, CancellationToken cancellationToken)
    {
        string architecture = MachineArchitecture.Here;
        var packages = ImmutableArray.CreateBuilder<DemoPackage>();
        var jobs = ImmutableArray.CreateBuilder<NewJob>();
        var fresh = new Dictionary<PackageName, JobId>();
        foreach (var (sample, sampleText) in DemoRecipes.Load())
        {
            var (recipe, text) = await DemoVersions.AdaptAsync(sample, sampleText, options.DataFolder, time, cancellationToken);
            var saved = await master.Store.SaveRecipeAsync(recipe, text, "sample of quern demo", Demo, cancellationToken);
            var needs = recipe.BuildDependencies.AddRange(recipe.Dependencies).Where(fresh.ContainsKey).Select(n => fresh[n]).Distinct().ToImmutableArray();
            if (needs.IsEmpty && await BuiltBeforeAsync(master.Store, recipe.Name, saved.Revision, architecture, cancellationToken) is { } before)
            {
                packages.Add(new DemoPackage(recipe, saved.Revision) { Outcome = "already built", Job = before });
                continue;
            }
            var job = new NewJob
            {
                Id = JobId.Create(time.GetUtcNow()),
                Title = recipe.Name.Value,
                Package = recipe.Name,
                RecipeRevision = saved.Revision,
                Architecture = architecture,
                Pool = $"arch={architecture}",
                Needs = needs,
            };
            fresh.Add(recipe.Name, job.Id);
            jobs.Add(job);
            packages.Add(new DemoPackage(recipe, saved.Revision) { Job = job.Id });
        }
        if (jobs.Count > 0)
        {
            var submission = new Submission(jobs.ToImmutable()) { Batch = BatchId.Create(time.GetUtcNow()), BatchTitle = "quern demo" };
            if (await master.Store.SubmitAsync(submission, Demo, cancellationToken) is SubmitResult.Refused refused)
                throw new CommandFailedException(ExitCode.Failed, refused.Reason);
        }
        return packages.ToImmutable();
    }

    private static async Task<JobId?> BuiltBeforeAsync(FarmStore store, PackageName name, int revision, string architecture, CancellationToken cancellationToken)
    {
        if (await store.FindArtifactAsync(name, BuildEnvironment.Release, architecture, null, cancellationToken) is not { Job: { } id }) return null;
        var job = await store.FindJobAsync(id.ToString(), cancellationToken);
        return job?.RecipeRevision == revision ? id : null;
    }

    private async Task WatchAsync(QuernMaster master, ImmutableArray<DemoPackage> packages, CancellationToken cancellationToken)
    {
        var names = packages.Where(p => p.Outcome.Length == 0).ToDictionary(p => p.Job!.Value, p => p.Recipe.Name.Value);
        _progress.Begin(names.Count);
        var open = names.Keys.ToHashSet();
        long sequence = 0;
        while (open.Count > 0)
        {
            var events = await master.Store.ReadJournalAsync(sequence, 500, cancellationToken);
            foreach (var e in events)
            {
                sequence = e.Sequence;
                if (!JobId.TryParse(e.Subject, out var job) || !open.Contains(job)) continue;
                if (e.Kind == EventKinds.JobStarted) _progress.Started(job, names[job]);
                if (e.Kind != EventKinds.JobFinished) continue;
                open.Remove(job);
                _progress.Ended((await master.Store.FindJobAsync(job.ToString(), cancellationToken))!);
            }
            if (events.IsEmpty) await WaitOrTickAsync(master.Store, sequence, cancellationToken);
        }
        _progress.Done();
    }

    private async Task WaitOrTickAsync(FarmStore store, long sequence, CancellationToken cancellationToken)
    {
        using var second = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, second.Token);
        try
        {
            await store.WaitPastAsync(sequence, both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            _progress.Tick();
        }
    }

    /// <summary>What is in the store now: outcome, the file read again and hashed, the log as text.</summary>
    private async Task<DemoPackage> ReadBackAsync(QuernMaster master, DemoPackage package, CancellationToken cancellationToken)
    {
        var row = (await master.Store.FindJobAsync(package.Job!.Value.ToString(), cancellationToken))!;
        package = package with
        {
            Outcome = package.Outcome.Length > 0 ? package.Outcome : row.State.Word(),
            Reason = row.State == JobState.Succeeded ? "" : row.Reason,
            Duration = row.StartedAt is { } from && row.FinishedAt is { } to ? to - from : TimeSpan.Zero,
            LogPath = await WriteLogAsync(master, row, package.Recipe.Name, cancellationToken),
        };
        if (row.State != JobState.Succeeded || row.Artifact is not { } artifact) return package;
        if (await master.Blobs.VerifyAsync(artifact.Sha256, cancellationToken) is not BlobCheck.Whole whole)
            return package with { Outcome = "damaged", Reason = $"The stored package is not what was stored: its SHA-256 is no longer {artifact.Sha256}." };

        string named = Path.Combine(Directory.CreateDirectory(Path.Combine(options.DataFolder, "packages")).FullName, $"{package.Recipe.Name}-{package.Recipe.Version}.lfpkg");
        File.Copy(master.Blobs.PathOf(artifact.Sha256), named, overwrite: true);
        return package with { Stored = new ProducedArtifact(artifact.Sha256, whole.Bytes), ArtifactPath = named };
    }

    private async Task<string> WriteLogAsync(QuernMaster master, JobRow row, PackageName name, CancellationToken cancellationToken)
    {
        using var reader = await master.Logs.OpenReaderAsync(row.Id, row.Attempt, "", cancellationToken);
        if (reader is null) return "";
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(options.DataFolder, "build-logs")).FullName, $"{name}.log");
        await using var file = File.Create(path);
        await reader.CopyTextAsync(file, cancellationToken);
        return path;
    }

    private async Task<(ImmutableArray<DemoTrialResult> Trials, string Remark)> TryAsync(
        QuernMaster master, RootTemplate? template, IEnumerable<DemoPackage> packages, CancellationToken cancellationToken)
    {
        if (template is null) return ([], "Isolation 'host' has no template root, so the results were run only by the tests of their recipes.");
        var (folder, problem) = await RunRoot.UnpackTemplateAsync(
            Path.Combine(options.DataFolder, "run-roots"), template.ArchiveHash, master.Blobs.PathOf(template.ArchiveHash), cancellationToken);
        if (folder is null) throw new CommandFailedException(ExitCode.Failed, problem);
        var there = packages.Where(p => p.Stored is not null).ToDictionary(p => p.Recipe.Name);
        return (await DemoRuns.RunAsync(folder, Path.Combine(options.DataFolder, "run-roots"), there, cancellationToken), "");
    }
}
