using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

public abstract class OutcomeContract(ITestDatabase database) : StoreContract(database)
{
    [Fact]
    public async Task Success_keeps_the_log_facts_and_the_artifact()
    {
        var job = Job("it");
        await SubmitAsync(job);

        var result = await FinishAsync(job.Id, new BuildOutcome.Succeeded([new ProducedArtifact(HashOf("file"), 123)]));

        Assert.Equal(JobState.Succeeded, Assert.IsType<CompleteResult.Applied>(result).State);
        var row = await RowAsync(job.Id);
        Assert.Equal((JobState.Succeeded, "", Time.GetUtcNow()), (row.State, row.Reason, row.FinishedAt));
        Assert.Equal((new JobLogFacts(3, 40), new ProducedArtifact(HashOf("file"), 123)), (row.Log, row.Artifact));
        Assert.Equal(["job.submitted", "job.started", "job.finished"], await KindsAsync());
        Assert.Empty(await Store.ListArtifactsAsync(null, Cancellation));
    }

    [Fact]
    public async Task Failure_keeps_step_exit_code_and_reason()
    {
        var job = Job("it");
        await SubmitAsync(job);

        await FinishAsync(job.Id, new BuildOutcome.Failed("build", 2, "make ended with 2"));

        var row = await RowAsync(job.Id);
        Assert.Equal((JobState.Failed, "build", 2, "make ended with 2"), (row.State, row.FailedStep, row.ExitCode, row.Reason));
    }

    [Fact]
    public async Task A_wrong_attempt_and_a_job_that_does_not_run_are_stale()
    {
        var job = Job("it");
        await SubmitAsync(job);
        var success = new BuildOutcome.Succeeded([]);

        Assert.IsType<CompleteResult.Stale>(await Store.CompleteAsync(job.Id, 0, success, default, Someone, Cancellation));
        await ClaimAsync(job.Id);
        Assert.IsType<CompleteResult.Stale>(await Store.CompleteAsync(job.Id, 2, success, default, Someone, Cancellation));
        await Store.RecoverNodeAsync("n1", "gone", Cancellation);
        Assert.IsType<CompleteResult.Stale>(await Store.CompleteAsync(job.Id, 1, success, default, Someone, Cancellation));
        Assert.Equal(JobState.Ready, await StateAsync(job.Id));

        await FinishAsync(job.Id);
        Assert.IsType<CompleteResult.Stale>(
            await Store.CompleteAsync(job.Id, 2, new BuildOutcome.Failed("", null, "late"), default, Someone, Cancellation));
        Assert.Equal(JobState.Succeeded, await StateAsync(job.Id));
    }

    [Fact]
    public async Task The_foot_of_a_diamond_waits_for_both_sides()
    {
        var top = Job("top");
        var left = Job("left", top.Id);
        var right = Job("right", top.Id);
        var foot = Job("foot", left.Id, right.Id);
        await SubmitAsync(foot, right, left, top);

        var afterTop = Assert.IsType<CompleteResult.Applied>(await FinishAsync(top.Id));
        Assert.Equal(new[] { left.Id, right.Id }.Order(), afterTop.NowReady.Order());
        await FinishAsync(left.Id);
        Assert.Equal((JobState.Blocked, "waits for 1 job"), ((await RowAsync(foot.Id)).State, (await RowAsync(foot.Id)).Reason));
        await FinishAsync(right.Id);

        Assert.Equal(JobState.Ready, await StateAsync(foot.Id));
        Assert.Equal(3, (await KindsAsync()).Count(k => k == "job.ready"));
    }

    [Fact]
    public async Task A_failed_need_skips_its_dependers_transitively_with_the_reason()
    {
        var zlib = Job("zlib");
        var other = Job("other");
        var libpng = Job("libpng", zlib.Id, other.Id);
        var viewer = Job("viewer", libpng.Id);
        await SubmitAsync(zlib, other, libpng, viewer);

        var result = Assert.IsType<CompleteResult.Applied>(await FinishAsync(zlib.Id, new BuildOutcome.Failed("build", 1, "no")));
        await FinishAsync(other.Id);

        Assert.Equal([libpng.Id, viewer.Id], result.NowSkipped.AsEnumerable());
        var first = await RowAsync(libpng.Id);
        var second = await RowAsync(viewer.Id);
        Assert.Equal((JobState.Skipped, "needs zlib (job 1), which failed", Time.GetUtcNow()), (first.State, first.Reason, first.FinishedAt));
        Assert.Equal((JobState.Skipped, "needs libpng (job 3), which was skipped"), (second.State, second.Reason));
    }

    [Fact]
    public async Task A_batch_may_go_on_after_a_failed_need()
    {
        var bad = Job("bad");
        var after = Job("after", bad.Id);
        await Store.SubmitAsync(new Submission([bad, after]) { ContinueOnFailure = true }, Someone, Cancellation);

        await FinishAsync(bad.Id, new BuildOutcome.Failed("build", 1, "no"));

        Assert.Equal(JobState.Ready, await StateAsync(after.Id));
    }

    [Fact]
    public async Task A_lost_attempt_runs_again()
    {
        var job = Job("it");
        await SubmitAsync(job);

        var result = await FinishAsync(job.Id, new BuildOutcome.Lost("the worker went away"));

        Assert.Equal(JobState.Ready, Assert.IsType<CompleteResult.Applied>(result).State);
        Assert.Equal(2, (await ClaimAsync(job.Id)).Attempt);
    }

    [Fact]
    public async Task A_package_job_publishes_and_a_later_one_replaces_the_artifact()
    {
        var name = new PackageName("zlib");
        foreach (string real in new[] { "9", "10" })
            await Store.SaveRecipeAsync(RecipeOf("zlib", real), real, "", Someone, Cancellation);
        async Task<NewJob> BuildAsync(int revision, string content)
        {
            var job = Job("zlib") with { Plan = null, Package = name, RecipeRevision = revision, Architecture = "x86_64" };
            await SubmitAsync(job);
            await FinishAsync(job.Id, new BuildOutcome.Succeeded([new ProducedArtifact(HashOf(content), content.Length)]));
            return job;
        }

        await BuildAsync(2, "ten");
        await BuildAsync(1, "nine");
        var again = await BuildAsync(2, "ten again");

        var newest = await Store.FindArtifactAsync(name, BuildEnvironment.Release, "x86_64", null, Cancellation);
        Assert.Equal(("10", HashOf("ten again"), 9L, again.Id), (newest!.RealVersion, newest.Sha256, newest.Bytes, newest.Job));
        var named = await Store.FindArtifactAsync(name, BuildEnvironment.Release, "x86_64", "9", Cancellation);
        Assert.Equal(HashOf("nine"), named!.Sha256);
        Assert.Null(await Store.FindArtifactAsync(name, BuildEnvironment.Cross, "x86_64", null, Cancellation));
        Assert.Equal(["10", "9"], (await Store.ListArtifactsAsync(name, Cancellation)).Select(a => a.RealVersion));
        Assert.Equal(3, (await KindsAsync()).Count(k => k == "artifact.published"));
    }

    [Fact]
    public async Task Published_packages_come_with_what_they_were_built_from_and_the_md5_of_their_files()
    {
        var zlib = new PackageName("zlib");
        async Task BuildAsync(string name, int revision, string content, string md5 = "")
        {
            var job = Job(name) with { Plan = null, Package = new PackageName(name), RecipeRevision = revision, Architecture = "x86_64" };
            await SubmitAsync(job);
            await FinishAsync(job.Id, new BuildOutcome.Succeeded([new ProducedArtifact(HashOf(content), content.Length) { Md5 = md5 }]));
        }
        await Store.SaveRecipeAsync(RecipeOf("zlib", "10") with { Version = "ten" }, "1", "", Someone, Cancellation);
        await Store.SaveRecipeAsync(RecipeOf("zlib", "9") with { Version = "nine" }, "2", "", Someone, Cancellation);
        await Store.SaveRecipeAsync(RecipeOf("zlib", "11") with { Version = "never built" }, "3", "", Someone, Cancellation);
        await Store.SaveRecipeAsync(RecipeOf("gone"), "1", "", Someone, Cancellation);
        await BuildAsync("zlib", 1, "a", "md5 of a");
        await BuildAsync("zlib", 2, "b");
        await BuildAsync("gone", 1, "c", "md5 of c");
        await Store.DeleteRecipeAsync(new PackageName("gone"), Someone, Cancellation);

        var all = await Store.ListPublishedAsync(null, Cancellation);

        Assert.Equal(["9 nine ", "10 ten md5 of a"], all.Select(p => $"{p.Artifact.RealVersion} {p.Facts.Version} {p.Md5}"));
        Assert.Equal(HashOf("b"), all[0].Artifact.Sha256);
        await Store.SaveMd5Async([(HashOf("b"), "md5 of b"), (HashOf("a"), "another")], Cancellation);
        Assert.Equal(["md5 of b", "md5 of a"], (await Store.ListPublishedAsync(zlib, Cancellation)).Select(p => p.Md5));
        Assert.Empty(await Store.ListPublishedAsync(new PackageName("gone"), Cancellation));
        Assert.Empty(await Store.ListPublishedAsync(new PackageName("zlib2"), Cancellation));
    }

    [Fact]
    public async Task Jobs_are_listed_newest_first_and_counted_by_state()
    {
        var jobs = Enumerable.Range(0, 6).Select(i => Job($"{i}")).ToArray();
        await SubmitAsync(jobs);
        await FinishAsync(jobs[1].Id);
        await FinishAsync(jobs[3].Id, new BuildOutcome.Failed("build", 1, "no"));
        await ClaimAsync(jobs[5].Id);

        var page = await Store.ListJobsAsync(new JobFilter { Limit = 2 }, Cancellation);
        var next = await Store.ListJobsAsync(new JobFilter { Limit = 2, BeforeNumber = page[^1].Number }, Cancellation);
        var ended = await Store.ListJobsAsync(new JobFilter { States = [JobState.Succeeded, JobState.Failed] }, Cancellation);
        var counts = await Store.CountJobsAsync(Cancellation);

        Assert.Equal([6L, 5L], page.Select(j => j.Number));
        Assert.Equal([4L, 3L], next.Select(j => j.Number));
        Assert.Equal([4L, 2L], ended.Select(j => j.Number));
        Assert.Equal([0L, 3, 1, 1, 1, 0, 0], counts.Values);
    }
}
