using System.Collections.Immutable;
using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

/// <summary>Steps of jobs, and locks.</summary>
public abstract class PipelinesContract(ITestDatabase database) : StoreContract(database)
{
    [Fact]
    public async Task Steps_are_kept_as_they_run_and_with_the_outcome()
    {
        var job = Job("it");
        await SubmitAsync(job);
        var claimed = await ClaimAsync(job.Id);
        var first = new StepResult(1, "compile", StepState.Running) { StartedAt = Time.GetUtcNow(), FirstLine = 1 };
        var done = first with { State = StepState.Succeeded, ExitCode = 0, FinishedAt = Time.GetUtcNow().AddSeconds(3), Lines = 7, Logs = ["config"] };
        var second = new StepResult(2, "test", StepState.Failed) { ExitCode = 2, Reason = "it broke.", StartedAt = Time.GetUtcNow(), FinishedAt = Time.GetUtcNow(), FirstLine = 8, Lines = 1 };

        Assert.True(await Store.SaveStepsAsync(job.Id, claimed.Attempt, [first], Someone, Cancellation));
        var running = await Store.ListStepsAsync(job.Id, 1, Cancellation);
        await Store.CompleteAsync(job.Id, claimed.Attempt, new BuildOutcome.Failed("test", 2, "it broke."), default, [done, second], Someone, Cancellation);
        var steps = await Store.ListStepsAsync(job.Id, 1, Cancellation);

        Assert.Equal((StepState.Running, null), (Assert.Single(running).State, running[0].FinishedAt));
        Assert.Equal([done with { Logs = [] }, second with { Logs = [] }], steps.Select(s => s with { Logs = [] }));
        Assert.Equal([["config"], []], steps.Select(s => s.Logs.ToArray()));
        Assert.Equal(2, (await KindsAsync()).Count(k => k == EventKinds.StepFinished));
    }

    [Fact]
    public async Task Steps_of_another_attempt_are_not_taken()
    {
        var job = Job("it");
        await SubmitAsync(job);
        await ClaimAsync(job.Id);

        Assert.False(await Store.SaveStepsAsync(job.Id, 2, [new StepResult(1, "a", StepState.Running)], Someone, Cancellation));
        Assert.Empty(await Store.ListStepsAsync(job.Id, 2, Cancellation));
    }

    [Fact]
    public async Task The_step_of_a_lost_attempt_is_lost_and_the_next_attempt_has_its_own()
    {
        var job = Job("it");
        await SubmitAsync(job);
        await ClaimAsync(job.Id);
        await Store.SaveStepsAsync(job.Id, 1, [new StepResult(1, "a", StepState.Running) { StartedAt = Time.GetUtcNow() }], Someone, Cancellation);

        await Store.RecoverNodeAsync("n1", "it was restarted", Cancellation);
        await ClaimAsync(job.Id);

        var lost = Assert.Single(await Store.ListStepsAsync(job.Id, 1, Cancellation));
        Assert.Equal((StepState.Lost, Time.GetUtcNow()), (lost.State, lost.FinishedAt));
        Assert.Empty(await Store.ListStepsAsync(job.Id, 2, Cancellation));
    }

    [Fact]
    public async Task A_warning_is_kept_with_its_sentence()
    {
        var job = Job("it");
        await SubmitAsync(job);

        await FinishAsync(job.Id, new BuildOutcome.Succeeded([]) { Warnings = "Step 'lint' ended with exit code 1." });

        var row = await RowAsync(job.Id);
        Assert.Equal((JobState.Succeeded, true, "Step 'lint' ended with exit code 1."), (row.State, row.Warnings, row.Reason));
    }

    [Fact]
    public async Task Runs_of_a_builder_are_listed_newest_first()
    {
        await SubmitAsync(Job("1") with { Builder = "b" }, Job("2") with { Builder = "c" }, Job("3") with { Builder = "b" }, Job("4"));

        var runs = await Store.ListJobsAsync(new JobFilter { Builder = "b" }, Cancellation);

        Assert.Equal(["3", "1"], runs.Select(r => r.Title));
    }

    [Fact]
    public async Task A_lock_lets_so_many_run_and_the_next_when_one_has_ended()
    {
        await Store.SetLocksAsync([new StoredLock("board", 2)], Someone, Cancellation);
        var jobs = Enumerable.Range(0, 4).Select(i => Job($"{i}") with { Locks = ["board"] }).ToArray();
        await SubmitAsync(jobs);

        var won = await Store.ClaimAsync([.. jobs.Select((j, i) => ClaimOf(j.Id, $"p{i}"))], Cancellation);
        var more = await Store.ClaimAsync([ClaimOf(jobs[2].Id)], Cancellation);
        var standing = Assert.Single(await Store.ListLocksAsync(Cancellation));
        long before = Store.LastSequence;
        await Store.CompleteAsync(jobs[0].Id, 1, new BuildOutcome.Succeeded([]), default, Someone, Cancellation);
        var next = await Store.ClaimAsync([ClaimOf(jobs[2].Id), ClaimOf(jobs[3].Id, "p3")], Cancellation);

        Assert.Equal([jobs[0].Id, jobs[1].Id], won.Select(j => j.Id));
        Assert.Empty(more);
        Assert.Equal(("board", 2), (standing.Name, standing.Most));
        Assert.Equal([1L, 2L], standing.Holders);
        Assert.Contains(EventKinds.LockReleased, await KindsAsync(before));
        Assert.Equal([jobs[2].Id], next.Select(j => j.Id));
    }

    [Fact]
    public async Task A_lost_job_gives_its_locks_back_and_a_cancelled_one_too()
    {
        await Store.SetLocksAsync([new StoredLock("board", 1)], Someone, Cancellation);
        var lost = Job("lost") with { Locks = ["board"] };
        var next = Job("next") with { Locks = ["board"] };
        await SubmitAsync(lost, next);
        await ClaimAsync(lost.Id);

        await Store.RecoverNodeAsync("n1", "it was restarted", Cancellation);
        await FinishAsync(next.Id, new BuildOutcome.Cancelled("enough"));

        Assert.Empty(Assert.Single(await Store.ListLocksAsync(Cancellation)).Holders);
        Assert.Equal(2, (await ClaimAsync(lost.Id)).Attempt);
    }

    [Fact]
    public async Task A_job_that_needs_two_locks_takes_both_or_none()
    {
        await Store.SetLocksAsync([new StoredLock("a", 1), new StoredLock("b", 1)], Someone, Cancellation);
        var one = Job("one") with { Locks = ["a"] };
        var both = Job("both") with { Locks = ["a", "b"] };
        await SubmitAsync(one, both);
        await ClaimAsync(one.Id);

        Assert.Empty(await Store.ClaimAsync([ClaimOf(both.Id)], Cancellation));
        Assert.Equal([1, 0], (await Store.ListLocksAsync(Cancellation)).Select(l => l.Holders.Length));
        Assert.Equal(["a", "b"], Assert.Single(await Store.ReadyJobsAsync(5, Cancellation)).Locks);
    }

    [Fact]
    public async Task Locks_are_what_was_set_last_and_one_that_is_gone_holds_nobody_back()
    {
        await Store.SetLocksAsync([new StoredLock("a", 1), new StoredLock("b", 1)], Someone, Cancellation);
        var jobs = Enumerable.Range(0, 2).Select(i => Job($"{i}") with { Locks = ["a"] }).ToArray();
        await SubmitAsync(jobs);
        await ClaimAsync(jobs[0].Id);
        long before = Store.LastSequence;

        await Store.SetLocksAsync([new StoredLock("b", 3)], Someone, Cancellation);

        Assert.Equal([EventKinds.LockSaved, EventKinds.LockRemoved], await KindsAsync(before));
        var left = Assert.Single(await Store.ListLocksAsync(Cancellation));
        Assert.Equal(("b", 3), (left.Name, left.Most));
        await ClaimAsync(jobs[1].Id);
    }

    [Fact]
    public async Task Two_processes_never_give_out_more_of_a_lock_than_there_is()
    {
        await Store.SetLocksAsync([new StoredLock("board", 3)], Someone, Cancellation);
        var jobs = Enumerable.Range(0, 24).Select(i => Job($"{i}") with { Locks = ["board"] }).ToArray();
        await SubmitAsync(jobs);
        var other = await OtherProcessAsync();

        for (int round = 0; round < 8; round++)
        {
            var won = (await Task.WhenAll(jobs.Select((j, i) => (i % 2 == 0 ? Store : other).ClaimAsync([ClaimOf(j.Id, $"p{i}")], Cancellation)))).SelectMany(w => w).ToList();

            Assert.Equal(3, won.Count);
            await Task.WhenAll(won.Select((j, i) => (i % 2 == 0 ? other : Store).CompleteAsync(j.Id, j.Attempt, new BuildOutcome.Succeeded([]), default, Someone, Cancellation)));
        }
    }

    [Theory]
    [InlineData("a,b")]
    [InlineData("")]
    public async Task A_lock_without_a_proper_name_is_refused(string name) =>
        Assert.IsType<SubmitResult.Refused>(await Store.SubmitAsync(new Submission([Job("it") with { Locks = [name] }]), Someone, Cancellation));

    /// <summary>A second store on the same database; SQLite has one writing process, so there it is the first.</summary>
    private protected virtual Task<FarmStore> OtherProcessAsync() => Task.FromResult(Store);
}
