using Quern.Model;
using Quern.Scenarios.Farm;
using Quern.Storage;
using Quern.Testing;
using static Quern.Scenarios.Farm.FarmFixture;
using static Quern.Scenarios.Farm.SteeredLink;

namespace Quern.Scenarios.BadDays;

/// <summary>Somebody sets the machine's clock while jobs run.</summary>
public sealed class ClockTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(48)]
    [InlineData(-48)]
    public async Task A_clock_that_jumps_loses_no_running_job(int hours)
    {
        var time = new ManualTimeProvider();
        await using var farm = await StartAsync(time: time);
        var worker = new SteeredLink("w1");
        farm.Gate.Attach(worker);
        var id = await farm.SubmitAsync(Job(Do("wait", "a")));
        await worker.Began("a");

        time.Jump(TimeSpan.FromHours(hours));
        // Several renewals pass at the new hour; each is one commit, behind which the next question waits.
        for (int i = 0; i < 6; i++)
        {
            time.Advance(Tick);
            await farm.Store.RequeueExpiredAsync(CancellationToken.None);
        }
        worker.Release("a");
        var row = await farm.FinishedAsync(id);

        Assert.Equal((JobState.Succeeded, 1, 0), (row.State, row.Attempt, row.Lost));
    }

    [Fact]
    public async Task What_a_dead_node_had_is_lost_after_its_lease_although_the_clock_went_back()
    {
        var time = new ManualTimeProvider();
        await using var farm = await StartAsync(time: time);
        var id = await farm.SubmitAsync(Job(Do("exit", "0")));
        var until = time.GetUtcNow() + TimeSpan.FromMinutes(1);
        await farm.Store.ClaimAsync([new Claim(id, new WorkerName("gone"), "slot-1", "another-node", until)], CancellationToken.None);
        Assert.Equal(0, await farm.Store.RequeueExpiredAsync(CancellationToken.None));

        time.Jump(TimeSpan.FromMinutes(-1));
        time.Advance(TimeSpan.FromMinutes(3));
        var row = await farm.UntilAsync(id, r => r.Lost == 1);

        Assert.Equal(JobState.Ready, row.State);
        Assert.Contains("another-node", row.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_claim_that_nobody_runs_is_not_renewed_for_ever_by_its_own_node()
    {
        var time = new ManualTimeProvider();
        await using var farm = await StartAsync(time: time);
        var worker = new SteeredLink("w1");
        farm.Gate.Attach(worker);
        var busy = await farm.SubmitAsync(Job(Do("wait", "a")));
        await worker.Began("a");
        var orphan = await farm.SubmitAsync(Job(Do("exit", "0")));
        // As if the answer to the gate's own claim had been lost on the way.
        await farm.Store.ClaimAsync([new Claim(orphan, new WorkerName("w2"), "slot-1", "gate", time.GetUtcNow() + TimeSpan.FromMinutes(1))], CancellationToken.None);

        for (int i = 0; i < 6; i++)
        {
            time.Advance(Tick);
            // The renewal that this tick began is committed before this is.
            await farm.Store.KeepLeasesAsync("gate", [busy], TimeSpan.FromMinutes(1), CancellationToken.None);
        }
        var lost = await farm.UntilAsync(orphan, r => r.Lost == 1 || r.State.IsFinished());
        worker.Release("a");

        Assert.Equal(1, lost.Lost);
        Assert.Equal((JobState.Succeeded, 0), ((await farm.FinishedAsync(busy)).State, (await farm.FinishedAsync(busy)).Lost));
        Assert.Equal(JobState.Succeeded, (await farm.FinishedAsync(orphan)).State);
    }
}
