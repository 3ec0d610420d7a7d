using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

public abstract class RetentionContract(ITestDatabase database) : StoreContract(database)
{
    private static readonly BuildOutcome Failure = new BuildOutcome.Failed("build", 1, "no");

    [Fact]
    public async Task Logs_are_listed_by_state_and_age_longest_finished_first_and_page_by_page()
    {
        var jobs = Enumerable.Range(0, 5).Select(i => Job($"{i}")).ToArray();
        await SubmitAsync(jobs);
        await FinishAsync(jobs[1].Id);
        await FinishAsync(jobs[3].Id, Failure);
        await FinishAsync(jobs[0].Id);   // in the same moment: the number decides
        Time.Advance(TimeSpan.FromHours(1));
        await FinishAsync(jobs[2].Id);
        await ClaimAsync(jobs[4].Id);
        var before = Time.GetUtcNow();

        var first = await Store.ListKeptLogsAsync("n1", JobState.Succeeded, before.AddTicks(10), null, 2, Cancellation);
        var second = await Store.ListKeptLogsAsync("n1", JobState.Succeeded, before.AddTicks(10), first[^1], 2, Cancellation);
        var older = await Store.ListKeptLogsAsync("n1", JobState.Succeeded, before, null, 10, Cancellation);
        var failed = await Store.ListKeptLogsAsync("n1", JobState.Failed, before, null, 10, Cancellation);

        Assert.Equal([jobs[0].Id, jobs[1].Id], first.Select(l => l.Job));
        Assert.Equal([jobs[2].Id], second.Select(l => l.Job));
        Assert.Equal([jobs[0].Id, jobs[1].Id], older.Select(l => l.Job));
        Assert.Equal([jobs[3].Id], failed.Select(l => l.Job));
    }

    [Fact]
    public async Task A_log_is_listed_for_the_node_that_ran_the_last_attempt_and_for_no_other()
    {
        var here = Job("here");
        var there = Job("there");
        await SubmitAsync(here, there);
        await FinishAsync(here.Id);
        var claimed = Assert.Single(await Store.ClaimAsync([ClaimOf(there.Id, node: "n2")], Cancellation));
        await Store.CompleteAsync(there.Id, claimed.Attempt, new BuildOutcome.Succeeded([]), default, Someone, Cancellation);
        Time.Advance(TimeSpan.FromDays(1));

        var first = await Store.ListKeptLogsAsync("n1", JobState.Succeeded, Time.GetUtcNow(), null, 10, Cancellation);
        var second = await Store.ListKeptLogsAsync("n2", JobState.Succeeded, Time.GetUtcNow(), null, 10, Cancellation);

        Assert.Equal([here.Id], first.Select(l => l.Job));
        Assert.Equal([there.Id], second.Select(l => l.Job));
    }

    [Fact]
    public async Task A_job_that_never_started_has_no_log_to_delete()
    {
        var job = Job("it");
        await SubmitAsync(job);
        await Store.CancelAsync(job.Id, "no longer wanted", Someone, Cancellation);
        Time.Advance(TimeSpan.FromDays(1));

        Assert.Empty(await Store.ListKeptLogsAsync("n1", JobState.Cancelled, Time.GetUtcNow(), null, 10, Cancellation));
    }

    [Fact]
    public async Task A_deleted_log_is_marked_once_and_told_once()
    {
        var done = Job("done");
        var running = Job("running");
        await SubmitAsync(done, running);
        await FinishAsync(done.Id);
        await ClaimAsync(running.Id);
        Assert.Null((await RowAsync(done.Id)).LogDeletedAt);
        Time.Advance(TimeSpan.FromDays(1));
        var marked = Time.GetUtcNow();
        long seen = Store.LastSequence;
        var unknown = JobId.Create(marked);

        int first = await Store.MarkLogsDeletedAsync([unknown, running.Id, done.Id], Someone, Cancellation);
        Time.Advance(TimeSpan.FromDays(1));
        int again = await Store.MarkLogsDeletedAsync([done.Id], Someone, Cancellation);

        Assert.Equal((1, 0), (first, again));
        Assert.Equal(marked, (await RowAsync(done.Id)).LogDeletedAt);
        Assert.Null((await RowAsync(running.Id)).LogDeletedAt);
        Assert.Empty(await Store.ListKeptLogsAsync("n1", JobState.Succeeded, Time.GetUtcNow(), null, 10, Cancellation));
        var told = Assert.Single(await Store.ReadJournalAsync(seen, 10, Cancellation));
        Assert.Equal(("log.deleted", done.Id.ToString(), Someone.Name), (told.Kind, told.Subject, told.Actor));
        var data = JsonNode.Parse(told.Data)!;
        Assert.Equal((1L, 3L, 40L), (data["number"]!.GetValue<long>(), data["lines"]!.GetValue<long>(), data["bytes"]!.GetValue<long>()));
    }
}
