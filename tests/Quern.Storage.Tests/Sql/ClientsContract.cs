using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

public abstract class ClientsContract(ITestDatabase database) : StoreContract(database)
{
    private static readonly System.Collections.Immutable.ImmutableArray<JobState> Waiting = [JobState.Blocked, JobState.Ready];
    private static readonly System.Collections.Immutable.ImmutableArray<JobState> Ended = [JobState.Succeeded, JobState.Failed, JobState.Skipped];

    [Fact]
    public async Task Package_jobs_are_listed_oldest_first_and_the_newest_when_there_are_too_many()
    {
        var a = await PackageJobAsync("a");
        var b = await PackageJobAsync("b", a.Id);
        var c = await PackageJobAsync("c");
        await SubmitAsync(a, b, Job("no package"), c);

        var all = await Store.ListPackageJobsAsync(Waiting, null, 10, Cancellation);
        var newest = await Store.ListPackageJobsAsync(Waiting, null, 2, Cancellation);

        Assert.Equal([("a", JobState.Ready), ("b", JobState.Blocked), ("c", JobState.Ready)], all.Select(j => (j.Package, j.State)));
        Assert.All(all, j => Assert.Equal(Someone, j.Requester));
        Assert.Equal(a.Id, all[0].Id);
        Assert.Equal(["b", "c"], newest.Select(j => j.Package));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.ListPackageJobsAsync(Waiting, null, 0, Cancellation));
    }

    [Fact]
    public async Task Finished_jobs_are_listed_from_a_time_on()
    {
        var early = await PackageJobAsync("early");
        var late = await PackageJobAsync("late");
        await SubmitAsync(early, late);
        await FinishAsync(early.Id);
        await Store.SaveJobsClearedAsync(Someone, Cancellation);
        var cleared = (await Store.FindLastEventAsync("jobs.cleared", Cancellation))!.Time;
        Time.Advance(TimeSpan.FromSeconds(1));
        await FinishAsync(late.Id, new BuildOutcome.Failed("run", 1, "no"));

        Assert.Equal(["early", "late"], (await Store.ListPackageJobsAsync(Ended, null, 10, Cancellation)).Select(j => j.Package));
        Assert.Equal(["late"], (await Store.ListPackageJobsAsync(Ended, cleared, 10, Cancellation)).Select(j => j.Package));
        Assert.Null(await Store.FindLastEventAsync("no.such", Cancellation));
    }

    [Fact]
    public async Task Only_a_job_that_waits_is_cancelled_when_that_is_asked_for()
    {
        var waiting = await PackageJobAsync("waiting");
        var depender = await PackageJobAsync("depender", waiting.Id);
        var running = await PackageJobAsync("running");
        await SubmitAsync(waiting, depender, running);
        await ClaimAsync(running.Id);

        Assert.IsType<CancelResult.Cancelled>(await Store.CancelQueuedAsync(waiting.Id, "no", Someone, Cancellation));
        Assert.Equal(new CancelResult.AlreadyFinished(JobState.Running), await Store.CancelQueuedAsync(running.Id, "no", Someone, Cancellation));
        Assert.Equal(new CancelResult.AlreadyFinished(JobState.Cancelled), await Store.CancelQueuedAsync(waiting.Id, "no", Someone, Cancellation));
        Assert.IsType<CancelResult.NotFound>(await Store.CancelQueuedAsync(JobId.Create(Time.GetUtcNow()), "no", Someone, Cancellation));

        Assert.Equal((JobState.Cancelled, JobState.Skipped), (await StateAsync(waiting.Id), await StateAsync(depender.Id)));
        Assert.False((await RowAsync(running.Id)).CancelRequested);
    }

    [Fact]
    public async Task All_that_waits_is_cancelled_together_and_other_jobs_behind_it_are_skipped()
    {
        var first = await PackageJobAsync("first");
        var second = await PackageJobAsync("second", first.Id);
        var running = await PackageJobAsync("running");
        var behind = Job("behind", second.Id);
        var other = Job("other");
        await SubmitAsync(first, second, running, behind, other);
        await ClaimAsync(running.Id);

        Assert.Equal(2, await Store.CancelAllQueuedAsync("no", Someone, Cancellation));
        Assert.Equal(0, await Store.CancelAllQueuedAsync("no", Someone, Cancellation));

        Assert.Equal((JobState.Cancelled, "no"), ((await RowAsync(second.Id)).State, (await RowAsync(second.Id)).Reason));
        Assert.Equal(JobState.Cancelled, await StateAsync(first.Id));
        Assert.Equal(JobState.Running, await StateAsync(running.Id));
        Assert.Equal(JobState.Skipped, await StateAsync(behind.Id));
        Assert.Equal(JobState.Ready, await StateAsync(other.Id));
    }

    [Fact]
    public async Task Clients_that_come_and_go_stand_in_the_journal()
    {
        await Store.SaveClientEventAsync("dev1", "connected", "from here", Someone, Cancellation);
        await Store.SaveClientEventAsync("dev1", "disconnected", "", Someone, Cancellation);

        Assert.Equal(["client.connected", "client.disconnected"], await KindsAsync());
        var last = (await Store.FindLastEventAsync("client.connected", Cancellation))!;
        Assert.Equal(("dev1", Someone.Name, """{"reason":"from here"}"""), (last.Subject, last.Actor, last.Data));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.SaveClientEventAsync("dev1", "exploded", "", Someone, Cancellation));
    }

    private async Task<NewJob> PackageJobAsync(string package, params JobId[] needs)
    {
        await Store.SaveRecipeAsync(RecipeOf(package), "text", "", Someone, Cancellation);
        return Job(package, needs) with { Package = new PackageName(package), Plan = null };
    }
}
