using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

public abstract class CancelContract(ITestDatabase database) : StoreContract(database)
{
    [Fact]
    public async Task A_ready_job_is_cancelled_at_once_and_its_dependers_are_skipped()
    {
        var job = Job("it");
        var depender = Job("depender", job.Id);
        await SubmitAsync(job, depender);

        Assert.IsType<CancelResult.Cancelled>(await Store.CancelAsync(job.Id, "not wanted", Someone, Cancellation));

        var row = await RowAsync(job.Id);
        Assert.Equal((JobState.Cancelled, "not wanted", Time.GetUtcNow()), (row.State, row.Reason, row.FinishedAt));
        Assert.Equal("needs it (job 1), which was cancelled", (await RowAsync(depender.Id)).Reason);
        Assert.Empty(await Store.ClaimAsync([ClaimOf(job.Id)], Cancellation));
    }

    [Fact]
    public async Task A_blocked_job_is_cancelled_at_once_and_stays_so_when_its_need_ends()
    {
        var need = Job("need");
        var job = Job("it", need.Id);
        await SubmitAsync(need, job);

        Assert.IsType<CancelResult.Cancelled>(await Store.CancelAsync(job.Id, "no", Someone, Cancellation));
        await FinishAsync(need.Id);

        Assert.Equal(JobState.Cancelled, await StateAsync(job.Id));
    }

    [Fact]
    public async Task A_running_job_is_asked_for_and_then_completed_as_cancelled()
    {
        var job = Job("it");
        await SubmitAsync(job);
        var claimed = await ClaimAsync(job.Id);

        Assert.IsType<CancelResult.Requested>(await Store.CancelAsync(job.Id, "no", Someone, Cancellation));
        Assert.IsType<CancelResult.Requested>(await Store.CancelAsync(job.Id, "no, I said", Someone, Cancellation));

        var row = await RowAsync(job.Id);
        Assert.Equal((JobState.Running, true, "no"), (row.State, row.CancelRequested, row.Reason));
        Assert.Single(await KindsAsync(), "job.cancel_requested");
        await Store.CompleteAsync(job.Id, claimed.Attempt, new BuildOutcome.Cancelled("cancelled"), default, Someone, Cancellation);
        row = await RowAsync(job.Id);
        Assert.Equal((JobState.Cancelled, "no"), (row.State, row.Reason));
    }

    [Fact]
    public async Task A_running_job_that_is_lost_after_the_wish_is_not_run_again()
    {
        var job = Job("it");
        await SubmitAsync(job);
        await ClaimAsync(job.Id);
        await Store.CancelAsync(job.Id, "no", Someone, Cancellation);

        await Store.RecoverNodeAsync("n1", "the gate started anew", Cancellation);

        Assert.Equal(JobState.Cancelled, await StateAsync(job.Id));
    }

    [Fact]
    public async Task A_finished_job_and_an_unknown_one_cannot_be_cancelled()
    {
        var job = Job("it");
        await SubmitAsync(job);
        await FinishAsync(job.Id);

        var late = await Store.CancelAsync(job.Id, "no", Someone, Cancellation);

        Assert.Equal(JobState.Succeeded, Assert.IsType<CancelResult.AlreadyFinished>(late).State);
        Assert.IsType<CancelResult.NotFound>(await Store.CancelAsync(JobId.Create(Time.GetUtcNow()), "no", Someone, Cancellation));
    }
}
