using Quern.Model;
using Quern.Scheduling;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

/// <summary>Long random sequences of operations; after each step every job must stand where the rules allow.</summary>
public abstract class WalkContract(ITestDatabase database) : StoreContract(database)
{
    private const int Steps = 150;

    private readonly List<JobId> _jobs = [];
    private readonly Dictionary<JobId, JobState> _before = [];

    [Fact]
    public async Task Every_job_moves_as_the_rules_allow_whatever_happens()
    {
        int seed = Environment.ProcessId;
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);

        for (int step = 0; step < Steps; step++)
        {
            await StepAsync(random);
            await CheckAsync($"seed {seed}, step {step}");
        }

        // What is left runs to its end: nothing may stay behind.
        while (await Store.ReadyJobsAsync(100, Cancellation) is { IsEmpty: false } ready)
            foreach (var job in ready)
                await FinishAsync(job.Id);
        await Store.RecoverNodeAsync("n1", "end", Cancellation);
        while (await Store.ReadyJobsAsync(100, Cancellation) is { IsEmpty: false } ready)
            foreach (var job in ready)
                await FinishAsync(job.Id);
        Assert.DoesNotContain(await AllAsync(), j => !j.State.IsFinished());
    }

    private async Task StepAsync(Random random)
    {
        switch (random.Next(10))
        {
            case < 3:
                var needs = _jobs.Where(_ => random.Next(_jobs.Count + 1) < 2).ToArray();
                var job = Job("job", needs);
                _jobs.Add(job.Id);
                await Store.SubmitAsync(new Submission([job]) { ContinueOnFailure = random.Next(3) == 0 }, Someone, Cancellation);
                break;
            case < 6 when await PickAsync(random, JobState.Ready) is { } ready:
                await ClaimAsync(ready.Id);
                break;
            case < 9 when await PickAsync(random, JobState.Running) is { } running:
                BuildOutcome outcome = random.Next(4) switch
                {
                    0 => new BuildOutcome.Failed("build", 1, "no"),
                    1 => new BuildOutcome.Lost("gone"),
                    _ => new BuildOutcome.Succeeded([]),
                };
                await Store.CompleteAsync(running.Id, running.Attempt, outcome, default, Someone, Cancellation);
                break;
            case 9 when _jobs.Count > 0:
                await Store.CancelAsync(_jobs[random.Next(_jobs.Count)], "no", Someone, Cancellation);
                break;
        }
    }

    private async Task CheckAsync(string where)
    {
        var all = await AllAsync();
        var states = all.ToDictionary(j => j.Id, j => j.State);
        foreach (var job in all)
        {
            if (_before.TryGetValue(job.Id, out var before) && before != job.State)
                Assert.True(JobRules.MayMove(before, job.State), $"{where}: job {job.Number} went from {before} to {job.State}");
            _before[job.Id] = job.State;
            if (job.State is not (JobState.Ready or JobState.Blocked)) continue;
            bool waits = (await Store.NeedsOfAsync(job.Id, Cancellation)).Any(n => !states[n].IsFinished());
            Assert.True(waits == (job.State == JobState.Blocked), $"{where}: job {job.Number} is {job.State} and has {(waits ? "" : "no ")}open needs");
        }
    }

    private async Task<JobRow?> PickAsync(Random random, JobState state)
    {
        var rows = await Store.ListJobsAsync(new JobFilter { States = [state], Limit = 1000 }, Cancellation);
        return rows.IsEmpty ? null : rows[random.Next(rows.Length)];
    }

    private async Task<System.Collections.Immutable.ImmutableArray<JobRow>> AllAsync() =>
        await Store.ListJobsAsync(new JobFilter { Limit = 1000 }, Cancellation);
}
