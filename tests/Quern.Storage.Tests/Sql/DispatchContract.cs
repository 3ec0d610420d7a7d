using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

public abstract class DispatchContract(ITestDatabase database) : StoreContract(database)
{
    [Fact]
    public async Task Ready_jobs_come_per_pool_by_priority_then_number()
    {
        var jobs = new[] { (0, "a"), (5, "a"), (5, "a"), (0, ""), (-1, "a"), (0, "b") }
            .Select((p, i) => Job($"{i}") with { Priority = p.Item1, Pool = p.Item2 }).ToArray();
        await SubmitAsync(jobs);

        var ready = await Store.ReadyJobsAsync(2, Cancellation);

        Assert.Equal([("", 4L), ("a", 2L), ("a", 3L), ("b", 6L)], ready.Select(j => (j.Pool, j.Number)));
    }

    [Fact]
    public async Task Blocked_and_running_jobs_are_not_ready()
    {
        var running = Job("running");
        var blocked = Job("blocked", running.Id);
        await SubmitAsync(running, blocked);
        await ClaimAsync(running.Id);

        Assert.Empty(await Store.ReadyJobsAsync(10, Cancellation));
    }

    [Fact]
    public async Task A_claim_gives_all_that_is_needed_to_run()
    {
        var job = Job("it") with { Architecture = "x86_64", Builder = "b", Pool = "p", Environment = BuildEnvironment.Cross };
        await SubmitAsync(job);

        var claimed = await ClaimAsync(job.Id);

        Assert.Equal((job.Id, 1L, 1, Worker, "p1"), (claimed.Id, claimed.Number, claimed.Attempt, claimed.Worker, claimed.Place));
        Assert.Equal(("x86_64", "b", "p", BuildEnvironment.Cross), (claimed.Architecture, claimed.Builder, claimed.Pool, claimed.Environment));
        var step = Assert.Single(claimed.Plan!.Steps);
        var shell = Assert.IsType<RemoteCommand.Shell>(step.Command);
        Assert.Equal((true, "true", TimeSpan.FromSeconds(5)), (step.Always, Assert.Single(shell.Command), shell.Timeout));
        var row = await RowAsync(job.Id);
        Assert.Equal((JobState.Running, Worker, "p1", "n1", Time.GetUtcNow()), (row.State, row.Worker, row.Place, row.Node, row.StartedAt));
    }

    [Fact]
    public async Task One_of_many_claimers_wins()
    {
        var job = Job("it");
        await SubmitAsync(job);

        var won = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Store.ClaimAsync([ClaimOf(job.Id, $"p{i}")], Cancellation)));

        Assert.Single(won.SelectMany(w => w));
    }

    [Fact]
    public async Task A_builder_runs_one_job_at_a_time_on_a_worker()
    {
        var first = Job("first") with { Builder = "b" };
        var second = Job("second") with { Builder = "b" };
        await SubmitAsync(first, second);

        var sameWorker = await Store.ClaimAsync([ClaimOf(first.Id), ClaimOf(second.Id, "p2")], Cancellation);
        var otherWorker = await Store.ClaimAsync([ClaimOf(second.Id, worker: new WorkerName("w2"))], Cancellation);

        Assert.Equal(first.Id, Assert.Single(sameWorker).Id);
        Assert.Equal(second.Id, Assert.Single(otherWorker).Id);
    }

    [Fact]
    public async Task A_renewed_lease_holds_and_one_that_ran_out_requeues_the_job()
    {
        var job = Job("it");
        await SubmitAsync(job);
        await ClaimAsync(job.Id);

        Time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(0, await Store.KeepLeasesAsync("n1", [job.Id], TimeSpan.FromMinutes(1), Cancellation));
        Time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(0, await Store.RequeueExpiredAsync(Cancellation));
        Time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(1, await Store.RequeueExpiredAsync(Cancellation));

        var row = await RowAsync(job.Id);
        Assert.Equal((JobState.Ready, 1), (row.State, row.Lost));
        Assert.Equal(2, (await ClaimAsync(job.Id)).Attempt);
    }

    [Fact]
    public async Task A_recovered_node_loses_its_own_jobs_only()
    {
        var mine = Job("mine");
        var other = Job("other");
        await SubmitAsync(mine, other);
        await Store.ClaimAsync([ClaimOf(mine.Id), ClaimOf(other.Id, "p2", node: "n2")], Cancellation);

        Assert.Equal(1, await Store.RecoverNodeAsync("n1", "the gate started anew", Cancellation));

        var row = await RowAsync(mine.Id);
        Assert.Equal((JobState.Ready, "lost and waiting to run again: the gate started anew"), (row.State, row.Reason));
        Assert.Equal(JobState.Running, await StateAsync(other.Id));
        Assert.Contains("job.lost", await KindsAsync());
    }

    [Fact]
    public async Task A_job_lost_three_times_has_failed()
    {
        var job = Job("it");
        var depender = Job("depender", job.Id);
        await SubmitAsync(job, depender);

        for (int i = 0; i < 3; i++)
        {
            await ClaimAsync(job.Id);
            await Store.RecoverNodeAsync("n1", "the link dropped", Cancellation);
        }

        var row = await RowAsync(job.Id);
        Assert.Equal((JobState.Failed, 3, 3), (row.State, row.Attempt, row.Lost));
        Assert.Equal("lost 3 times, the last time because the link dropped", row.Reason);
        Assert.Equal(JobState.Skipped, await StateAsync(depender.Id));
    }
}
