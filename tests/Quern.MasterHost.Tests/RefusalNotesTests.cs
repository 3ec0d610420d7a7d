using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Testing;

namespace Quern.MasterHost.Tests;

public sealed class RefusalNotesTests
{
    [Fact]
    public void A_worker_that_tries_for_ever_is_noted_once_in_ten_minutes()
    {
        var time = new ManualTimeProvider();
        var notes = new RefusalNotes(time);

        bool first = notes.Take(new WorkerName("pi"));
        bool again = notes.Take(new WorkerName("pi"));
        bool other = notes.Take(new WorkerName("ampere"));
        time.Advance(RefusalNotes.Pause);
        bool later = notes.Take(new WorkerName("pi"));

        Assert.Equal((true, false, true, true), (first, again, other, later));
    }

    [Fact]
    public void Invented_names_are_bounded_and_forgotten()
    {
        var time = new ManualTimeProvider();
        var notes = new RefusalNotes(time);
        for (int i = 0; i < RefusalNotes.MaxNames; i++) Assert.True(notes.Take(new WorkerName($"w{i}")));

        bool full = notes.Take(new WorkerName("one-more"));
        time.Advance(RefusalNotes.Pause);
        bool free = notes.Take(new WorkerName("one-more"));

        Assert.Equal((false, true), (full, free));
    }
}
