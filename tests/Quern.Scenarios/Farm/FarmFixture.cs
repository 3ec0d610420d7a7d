using Microsoft.Extensions.Logging.Abstractions;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Peers.Secrets;
using Quern.Storage;
using Quern.Testing;

namespace Quern.Scenarios.Farm;

/// <summary>A whole master without doors: store, logs, blobs and gate on a scratch folder.</summary>
internal sealed class FarmFixture : IAsyncDisposable
{
    private readonly ScratchFolder _folder;
    private readonly bool _ownsFolder;

    private FarmFixture(ScratchFolder folder, bool ownsFolder) => (_folder, _ownsFolder) = (folder, ownsFolder);

    public required FarmStore Store { get; init; }

    public required LogStore Logs { get; init; }

    public required Gate Gate { get; init; }

    public static Actor Me { get; } = new("user:test");

    public static async Task<FarmFixture> StartAsync(ScratchFolder? folder = null, TimeProvider? time = null, IRecipeRoad? recipes = null, SecretFiles? secrets = null)
    {
        bool owns = folder is null;
        folder ??= new ScratchFolder();
        time ??= TimeProvider.System;
        var store = await FarmStore.OpenAsync(new StoreOptions { Connection = $"sqlite:{folder["farm.db"]}" }, time, CancellationToken.None);
        var logs = new LogStore(folder["logs"], time, new LogStoreOptions());
        var blobs = new BlobStore(folder["blobs"]);
        var runner = new PlanRunner(blobs, new MasterPaths([folder["shared"]]), new PlanRunnerOptions(), time);
        var gate = new Gate(store, logs, new WorkerPool { DefaultSlots = 1 }, runner, recipes ?? new NoRecipes(), secrets ?? SecretFiles.None, new GateOptions(), time, NullLogger<Gate>.Instance);
        await gate.StartAsync(CancellationToken.None);
        return new FarmFixture(folder, owns) { Store = store, Logs = logs, Gate = gate };
    }

    public async Task<JobId> SubmitAsync(NewJob job)
    {
        var result = await Store.SubmitAsync(new Submission([job]), Me, CancellationToken.None);
        Assert.IsType<SubmitResult.Accepted>(result);
        return job.Id;
    }

    public static NewJob Job(params RemoteCommand[] commands) => new()
    {
        Id = JobId.Create(TimeProvider.System.GetUtcNow()),
        Title = "job",
        Plan = new Plan([.. commands.Select((c, i) => new PlanStep($"step-{i + 1}", c))]),
    };

    /// <summary>Waits, event by event, until the job is in a state; a minute at most.</summary>
    public async Task<JobRow> UntilAsync(JobId id, Func<JobRow, bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            long sequence = Store.LastSequence;
            var row = await Store.FindJobAsync(id.ToString(), deadline.Token);
            if (row is not null && condition(row)) return row;
            try
            {
                await Store.WaitPastAsync(sequence, deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"The job stays {row?.State.Word()} ({row?.Reason}) in attempt {row?.Attempt}.");
            }
        }
    }

    public Task<JobRow> FinishedAsync(JobId id) => UntilAsync(id, row => row.State.IsFinished());

    public async ValueTask DisposeAsync()
    {
        await Gate.DisposeAsync();
        await Logs.DisposeAsync();
        await Store.DisposeAsync();
        if (_ownsFolder) _folder.Dispose();
    }

    private sealed class NoRecipes : IRecipeRoad
    {
        public Task<PreparedPlan> PrepareAsync(ClaimedJob job, Seat seat, JobLog log, CancellationToken cancellationToken) =>
            Task.FromResult<PreparedPlan>(new PreparedPlan.Refused("this farm builds no recipes"));

        public Task<PreparedRecipe> OrderAsync(ClaimedJob job, CancellationToken cancellationToken) =>
            Task.FromResult<PreparedRecipe>(new PreparedRecipe.Refused("this farm builds no recipes"));

        public Task<VerifiedPackage> VerifyAsync(ClaimedJob job, StoredBlob package, JobLog log, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("nothing to verify");
    }
}
