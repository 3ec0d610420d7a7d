using Quern.Model;
using Quern.Peers.Dispatch;
using Xunit;

namespace Quern.Peers.Tests.Dispatch;

/// <summary>Slots of a connected worker that become more and fewer.</summary>
public sealed class WorkerPoolSlotTests
{
    private static readonly WorkerName Worker = new("w1");

    [Fact]
    public void More_slots_are_offered_and_used_at_once()
    {
        var (pool, link) = Joined(2);
        pool.TryTake(Worker, "");
        pool.TryTake(Worker, "");
        Assert.Null(pool.TryTake(Worker, ""));

        pool.SetSlots(Worker, 3);

        Assert.Equal(["slot-1 slot-2", "slot-1 slot-2 slot-3"], link.Offers);
        Assert.Equal("slot-3", pool.TryTake(Worker, "")?.Place);
    }

    [Fact]
    public void Fewer_slots_leave_busy_ones_until_their_jobs_have_ended()
    {
        var (pool, link) = Joined(4);
        Seat[] seats = [.. Enumerable.Range(0, 4).Select(_ => pool.TryTake(Worker, "")!)];
        pool.Release(seats[2]);

        pool.SetSlots(Worker, 1);
        Assert.Equal("slot-1 slot-2 slot-4", link.Offers[^1]);
        pool.Release(seats[3]);
        Assert.Equal("slot-1 slot-2", link.Offers[^1]);
        pool.Release(seats[0]);
        Assert.Null(pool.TryTake(Worker, ""));
        pool.Release(seats[1]);

        Assert.Equal("slot-1", link.Offers[^1]);
        Assert.Equal("slot-1", pool.TryTake(Worker, "")?.Place);
        Assert.Null(pool.TryTake(Worker, ""));
    }

    [Fact]
    public void A_drained_worker_keeps_its_jobs_and_folders_and_gets_nothing_until_it_is_let_go()
    {
        var (pool, link) = Joined(2);
        pool.TryTake(Worker, "");

        pool.SetDrained(Worker, true);
        Assert.Null(pool.TryTake(Worker, ""));
        Assert.Equal((0, 1), (pool.Standings().Single().Slots, pool.Standings().Single().Busy));
        pool.SetDrained(Worker, false);

        Assert.Equal("slot-2", pool.TryTake(Worker, "")?.Place);
        Assert.Equal(["slot-1 slot-2"], link.Offers);
    }

    [Fact]
    public void A_worker_that_goes_home_gets_nothing_and_is_idle_after_its_last_job()
    {
        var (pool, link) = Joined(2);
        Seat seat = pool.TryTake(Worker, "")!;

        Task idle = pool.RetireAsync(link);

        Assert.Null(pool.TryTake(Worker, ""));
        Assert.Equal(0, pool.Standings().Single().Slots);
        Assert.False(idle.IsCompleted);
        pool.Release(seat);
        Assert.True(idle.IsCompletedSuccessfully);
    }

    [Fact]
    public void Only_a_connected_worker_can_be_sent_home()
    {
        var (pool, link) = Joined(1);
        Task dismissed = pool.DismissedAsync(link);

        Assert.False(pool.Dismiss(new WorkerName("other")));
        Assert.False(dismissed.IsCompleted);
        Assert.True(pool.Dismiss(Worker));
        Assert.True(pool.Dismiss(Worker));

        Assert.True(dismissed.IsCompletedSuccessfully);
        pool.Leave(link);
        Assert.False(pool.Dismiss(Worker));
    }

    private static (WorkerPool Pool, OfferingLink Link) Joined(int slots)
    {
        var pool = new WorkerPool();
        var link = new OfferingLink();
        pool.SetSlots(Worker, slots);
        pool.Join(link);
        return (pool, link);
    }
}
