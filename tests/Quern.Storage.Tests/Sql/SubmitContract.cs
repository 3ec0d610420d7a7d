using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

public abstract class SubmitContract(ITestDatabase database) : StoreContract(database)
{
    [Fact]
    public async Task Jobs_get_running_numbers_and_are_found_by_id_and_number()
    {
        var first = Job("first");
        var second = Job("second");

        var accepted = await SubmitAsync(first, second);

        Assert.Equal([1L, 2L], accepted.Jobs.Select(j => j.Number));
        Assert.Equal("second", (await Store.FindJobAsync("2", Cancellation))!.Title);
        Assert.Equal(1, (await Store.FindJobAsync(first.Id.ToString(), Cancellation))!.Number);
        Assert.Null(await Store.FindJobAsync("3", Cancellation));
        Assert.Null(await Store.FindJobAsync("zlib", Cancellation));
        Assert.Null(await Store.FindJobAsync("99999999999999999999999", Cancellation));
    }

    [Fact]
    public async Task A_row_shows_what_was_submitted()
    {
        var need = Job("need");
        var job = Job("it", need.Id) with { Pool = "x86", Builder = "b", Priority = 7, Architecture = "x86_64", Environment = BuildEnvironment.Cross };
        var batch = BatchId.Create(Time.GetUtcNow());

        await Store.SubmitAsync(new Submission([need, job]) { Batch = batch, BatchTitle = "two" }, Someone, Cancellation);

        var row = await RowAsync(job.Id);
        Assert.Equal(("it", "x86", "b", 7, "x86_64"), (row.Title, row.Pool, row.Builder, row.Priority, row.Architecture));
        Assert.Equal((BuildEnvironment.Cross, JobState.Blocked, "waits for 1 job"), (row.Environment, row.State, row.Reason));
        Assert.Equal((batch, Someone, Time.GetUtcNow()), (row.Batch, row.Requester, row.CreatedAt));
        Assert.Equal((null, null, null, null, null), (row.ReadyAt, row.StartedAt, row.FinishedAt, row.Artifact, row.ExitCode));
        Assert.Equal([need.Id], await Store.NeedsOfAsync(job.Id, Cancellation));
        Assert.Equal(["batch.submitted", "job.submitted", "job.submitted"], await KindsAsync());
    }

    [Fact]
    public async Task An_unknown_need_a_circle_and_an_id_used_twice_are_refused_and_leave_nothing()
    {
        var a = Job("a");
        var b = Job("b", a.Id);
        var unknown = JobId.Create(Time.GetUtcNow());

        await RefusedAsync("neither in the submission nor a known job", Job("lonely", unknown));
        await RefusedAsync("circle", a with { Needs = [b.Id] }, b);
        await RefusedAsync("circle", a with { Needs = [a.Id] });
        await RefusedAsync("twice", a, a);
        await RefusedAsync("neither a package nor a plan", a with { Plan = null });
        await RefusedAsync("not stored", a with { Package = new PackageName("nowhere") });

        Assert.Empty(await Store.ListJobsAsync(new JobFilter(), Cancellation));
        Assert.Equal(0, Store.LastSequence);
    }

    [Fact]
    public async Task A_job_id_in_use_is_refused()
    {
        var job = Job("it");
        await SubmitAsync(job);

        await RefusedAsync("already in use", job);

        Assert.Single(await Store.ListJobsAsync(new JobFilter(), Cancellation));
    }

    [Fact]
    public async Task The_same_idempotency_key_is_answered_with_the_first_result()
    {
        var first = new Submission([Job("it")]) { IdempotencyKey = "k" };
        var again = new Submission([Job("it, sent again")]) { IdempotencyKey = "k" };

        var answer = Assert.IsType<SubmitResult.Accepted>(await Store.SubmitAsync(first, Someone, Cancellation));
        var second = Assert.IsType<SubmitResult.Accepted>(await Store.SubmitAsync(again, Someone, Cancellation));

        Assert.Equal(answer.Jobs.AsEnumerable(), second.Jobs);
        Assert.Single(await Store.ListJobsAsync(new JobFilter(), Cancellation));
    }

    [Fact]
    public async Task Needs_that_ended_before_the_submission_count_as_they_ended()
    {
        var good = Job("good");
        var bad = Job("bad");
        await SubmitAsync(good, bad);
        await FinishAsync(good.Id);
        await FinishAsync(bad.Id, new BuildOutcome.Failed("build", 2, "make failed"));

        var afterGood = Job("after good", good.Id);
        var afterBad = Job("after bad", bad.Id);
        var behind = Job("behind", afterBad.Id);
        await SubmitAsync(afterGood, afterBad, behind);
        var stubborn = Job("stubborn", bad.Id);
        await Store.SubmitAsync(new Submission([stubborn]) { ContinueOnFailure = true }, Someone, Cancellation);

        Assert.Equal(JobState.Ready, await StateAsync(afterGood.Id));
        Assert.Equal(JobState.Ready, await StateAsync(stubborn.Id));
        Assert.Equal((JobState.Skipped, "needs bad (job 2), which failed"), ((await RowAsync(afterBad.Id)).State, (await RowAsync(afterBad.Id)).Reason));
        Assert.Equal(JobState.Skipped, await StateAsync(behind.Id));
    }

    [Fact]
    public async Task A_package_job_without_revision_takes_the_newest()
    {
        await Store.SaveRecipeAsync(RecipeOf("zlib"), "one", "", Someone, Cancellation);
        await Store.SaveRecipeAsync(RecipeOf("zlib"), "two", "", Someone, Cancellation);
        var job = Job("zlib") with { Plan = null, Package = new PackageName("zlib") };

        await SubmitAsync(job);

        var claimed = await ClaimAsync(job.Id);
        Assert.Equal((new PackageName("zlib"), 2, null), (claimed.Package, claimed.RecipeRevision, claimed.Plan));
    }

    private async Task RefusedAsync(string because, params NewJob[] jobs)
    {
        var refused = Assert.IsType<SubmitResult.Refused>(await Store.SubmitAsync(new Submission([.. jobs]), Someone, Cancellation));
        Assert.Contains(because, refused.Reason, StringComparison.Ordinal);
    }
}
