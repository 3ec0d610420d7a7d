using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

public sealed class ManyProcessesTests(PostgresServer server) : StoreContract(server)
{
    private const int Processes = 8;
    private const int Submissions = 150;
    private const int Readers = 3;

    [Fact]
    public async Task Readers_miss_no_event_while_eight_processes_write()
    {
        int seed = Environment.ProcessId;
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var children = Enumerable.Range(0, Processes).Select(_ => StoreChild.Start(Connection, Submissions, early: false)).ToArray();
        var output = children.Select(c => c.StandardOutput.ReadToEndAsync(Cancellation)).ToArray();

        var end = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var readers = Enumerable.Range(0, Readers).Select(i => FollowAsync(new Random(seed + i), end.Task)).ToArray();
        foreach (var child in children)
            await child.WaitForExitAsync(Cancellation);
        // A store opened now knows the last number there is; a reader that missed events comes to it all the same, and is found out below.
        await using (var late = await FarmStore.OpenAsync(new StoreOptions { Connection = Connection }, TimeProvider.System, Cancellation))
            end.SetResult(late.LastSequence);
        var read = await Task.WhenAll(readers).WaitAsync(TimeSpan.FromSeconds(120), TimeProvider.System, Cancellation);

        Assert.All(children, c => Assert.Equal(0, c.ExitCode));
        var answered = (await Task.WhenAll(output)).SelectMany(o => o.Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToHashSet();
        Assert.Equal(Processes * Submissions, answered.Count);
        foreach (var events in read)
        {
            Assert.Equal(answered, events.Select(e => e.Subject).ToHashSet());
            Assert.Equal(events.Select(e => e.Sequence).Distinct().Order(), events.Select(e => e.Sequence));
        }
        foreach (var child in children)
            child.Dispose();
    }

    [Fact]
    public async Task A_depender_submitted_while_its_need_ends_elsewhere_is_never_left_blocked()
    {
        var other = await OpenAsync(new StoreOptions { Connection = Connection });
        for (int round = 0; round < 60; round++)
        {
            var need = Job("need");
            var depender = Job("depender", need.Id);
            await SubmitAsync(need);
            var claimed = await ClaimAsync(need.Id);

            await Task.WhenAll(
                Store.CompleteAsync(need.Id, claimed.Attempt, new BuildOutcome.Succeeded([]), default, Someone, Cancellation),
                other.SubmitAsync(new Submission([depender]), Someone, Cancellation));

            Assert.Equal(JobState.Ready, await StateAsync(depender.Id));
        }
    }

    [Fact]
    public async Task Two_processes_that_claim_the_same_jobs_crosswise_share_them_out()
    {
        var other = await OpenAsync(new StoreOptions { Connection = Connection });
        for (int round = 0; round < 5; round++)
        {
            var jobs = Enumerable.Range(0, 20).Select(i => Job($"{i}")).ToArray();
            await SubmitAsync(jobs);

            var won = await Task.WhenAll(
                Store.ClaimAsync([.. jobs.Select((j, i) => ClaimOf(j.Id, $"{i}"))], Cancellation),
                other.ClaimAsync([.. jobs.Reverse().Select((j, i) => ClaimOf(j.Id, $"{i}", "n2"))], Cancellation));

            Assert.Equal(jobs.Select(j => j.Id).Order(), won.SelectMany(w => w).Select(c => c.Id).Order());
        }
    }

    /// <summary>
    /// Reads on from the last number in pages of random size, now and then through a store opened anew, until it has passed the number
    /// that turns out to be the last.
    /// </summary>
    private async Task<List<FarmEvent>> FollowAsync(Random random, Task<long> end)
    {
        var read = new List<FarmEvent>();
        var store = await FarmStore.OpenAsync(new StoreOptions { Connection = Connection, JournalRing = 64 }, TimeProvider.System, Cancellation);
        while (true)
        {
            long after = read.Count == 0 ? 0 : read[^1].Sequence;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            await Task.WhenAny(store.WaitPastAsync(after, stop.Token), end);
            await stop.CancelAsync();
            if (end.IsCompleted && after >= await end) break;
            read.AddRange(await store.ReadJournalAsync(after, random.Next(1, 30), Cancellation));
            if (random.Next(40) != 0) continue;
            await store.DisposeAsync();
            store = await FarmStore.OpenAsync(new StoreOptions { Connection = Connection, JournalRing = 64 }, TimeProvider.System, Cancellation);
        }
        await store.DisposeAsync();
        return read;
    }
}
