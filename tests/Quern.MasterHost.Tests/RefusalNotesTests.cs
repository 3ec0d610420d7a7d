using Quern.MasterHost.Listeners;
using Quern.Testing;

namespace Quern.MasterHost.Tests;

public sealed class RefusalNotesTests
{
    [Fact]
    public void A_peer_that_tries_for_ever_is_noted_once_in_ten_minutes()
    {
        var time = new ManualTimeProvider();
        var notes = new RefusalNotes(time);

        bool first = notes.Take("pi");
        bool again = notes.Take("pi");
        bool other = notes.Take("ampere");
        time.Advance(RefusalNotes.Pause);
        bool later = notes.Take("pi");

        Assert.Equal((true, false, true, true), (first, again, other, later));
    }

    [Fact]
    public void Invented_names_are_bounded_and_forgotten()
    {
        var time = new ManualTimeProvider();
        var notes = new RefusalNotes(time);
        for (int i = 0; i < RefusalNotes.MaxNames; i++) Assert.True(notes.Take($"w{i}"));

        bool full = notes.Take("one-more");
        time.Advance(RefusalNotes.Pause);
        bool free = notes.Take("one-more");

        Assert.Equal((false, true), (full, free));
    }
}
