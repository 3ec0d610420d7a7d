using System.Collections.Immutable;
using Quern.Model;
using Quern.Storage;

namespace Quern.Benchmarks;

/// <summary>Jobs through their life in SQL: submitted in batches of 100, then each looked for, claimed and completed by itself.</summary>
internal sealed class StoreJobs : IBenchmark
{
    private const int Batch = 100;

    private readonly string? _postgres;
    private readonly int _jobs;
    private readonly int _workers;

    /// <param name="postgres">As Npgsql reads it; null for SQLite.</param>
    /// <param name="jobs">How many go through; a multiple of 100.</param>
    /// <param name="workers">How many claim and complete at once.</param>
    public StoreJobs(string? postgres, int jobs, int workers) => (_postgres, _jobs, _workers) = (postgres, jobs, workers);

    public string Name => $"job life on {(_postgres is null ? "SQLite" : "PostgreSQL")}, {_workers} at once";
    public string Unit => "jobs";

    public async Task<double> RunAsync(string folder)
    {
        var time = TimeProvider.System;
        string connection = _postgres is null ? $"sqlite:{Path.Combine(folder, "farm.db")}" : $"postgres:{_postgres}";
        await using var store = await FarmStore.OpenAsync(new StoreOptions { Connection = connection }, time, CancellationToken.None);
        var plan = new Plan([new PlanStep("step-1", new RemoteCommand.Shell { Command = ["true"] })]);
        for (int i = 0; i < _jobs / Batch; i++)
        {
            var now = time.GetUtcNow();
            var jobs = ImmutableArray.CreateRange(Enumerable.Range(0, Batch).Select(_ => new NewJob { Id = JobId.Create(now), Title = "noop", Plan = plan }));
            await store.SubmitAsync(new Submission(jobs), new Actor("benchmark"), CancellationToken.None);
        }
        await Task.WhenAll(Enumerable.Range(0, _workers).Select(w => DrainAsync(store, new WorkerName($"w{w}"), time)));
        return _jobs;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task DrainAsync(FarmStore store, WorkerName worker, TimeProvider time)
    {
        while (true)
        {
            var ready = await store.ReadyJobsAsync(_workers, CancellationToken.None);
            if (ready.IsEmpty) return;
            var lease = time.GetUtcNow() + TimeSpan.FromMinutes(1);
            // Who comes second to a job gets nothing for it and looks again.
            foreach (var wanted in ready)
            {
                var won = await store.ClaimAsync([new Claim(wanted.Id, worker, "", "benchmark", lease)], CancellationToken.None);
                if (won.IsEmpty) continue;
                await store.CompleteAsync(
                    won[0].Id, won[0].Attempt, new BuildOutcome.Succeeded([]), new JobLogFacts(0, 0), new Actor("worker:" + worker), CancellationToken.None);
                break;
            }
        }
    }
}
