using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

public abstract class JournalContract(ITestDatabase database) : StoreContract(database)
{
    [Fact]
    public async Task An_event_tells_what_happened_when_to_what_and_by_whom()
    {
        var job = Job("it");
        await SubmitAsync(job);

        var e = Assert.Single(await Store.ReadJournalAsync(0, 10, Cancellation));

        Assert.Equal(("job.submitted", job.Id.ToString(), "user:someone", Time.GetUtcNow()), (e.Kind, e.Subject, e.Actor, e.Time));
        Assert.Equal("""{"number":1,"title":"it","state":"ready"}""", e.Data);
        Assert.Equal(e.Sequence, Store.LastSequence);
    }

    [Fact]
    public async Task Memory_and_database_tell_the_same()
    {
        for (int i = 0; i < 30; i++)
            await SubmitAsync(Job($"{i}"));
        var small = await OpenAsync(new StoreOptions { Connection = Connection, JournalRing = 4 });

        var fromMemory = await Store.ReadJournalAsync(0, 100, Cancellation);
        var fromDatabase = await small.ReadJournalAsync(0, 100, Cancellation);

        Assert.Equal(30, fromMemory.Length);
        Assert.Equal(fromMemory.AsEnumerable(), fromDatabase);
    }

    [Fact]
    public async Task A_reader_behind_the_ring_goes_on_from_the_database()
    {
        var small = await OpenAsync(new StoreOptions { Connection = Connection, JournalRing = 4 });
        for (int i = 0; i < 20; i++)
            await small.SubmitAsync(new Submission([Job($"{i}")]), Someone, Cancellation);

        var read = new List<FarmEvent>();
        long after = 0;
        while (await small.ReadJournalAsync(after, 3, Cancellation) is { IsEmpty: false } page)
        {
            read.AddRange(page);
            after = page[^1].Sequence;
        }

        Assert.Equal(20, read.Count);
        Assert.Equal(read.Select(e => e.Sequence).Order(), read.Select(e => e.Sequence));
    }

    [Fact]
    public async Task Waiting_ends_with_the_next_commit()
    {
        await SubmitAsync(Job("first"));
        long last = Store.LastSequence;
        await Store.WaitPastAsync(last - 1, Cancellation);

        var waiting = Store.WaitPastAsync(last, Cancellation);
        Assert.False(waiting.IsCompleted);
        await SubmitAsync(Job("second"));
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancellation);

        Assert.True(Store.LastSequence > last);
    }

    [Fact]
    public async Task Waiting_ends_when_the_caller_gives_up()
    {
        using var stop = new CancellationTokenSource();
        var waiting = Store.WaitPastAsync(0, stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
