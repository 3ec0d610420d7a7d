using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

public abstract class CommitContract(ITestDatabase database) : StoreContract(database)
{
    [Fact]
    public async Task One_of_a_hundred_batched_operations_violates_a_constraint_and_the_others_commit()
    {
        var gate = await HoldWriterAsync();
        var sessions = new WriteSession[100];
        var operations = Enumerable.Range(0, 100).Select(i => Store.WriteAsync(async w =>
        {
            sessions[i] = w;
            w.Emit("test", $"{i}", "test");
            return await w.Sql.ExecuteAsync("INSERT INTO pins (url, sha256, bytes, time) VALUES (@url, @sha256, 1, 1)",
                ("url", i == 50 ? "url 0" : $"url {i}"), ("sha256", HashOf("x").Hex));
        }, Cancellation)).ToArray();
        gate.SetResult();

        await Task.WhenAll(operations).ContinueWith(_ => { }, Cancellation, TaskContinuationOptions.None, TaskScheduler.Default);

        Assert.Single(sessions.Distinct());
        Assert.Equal([50], Enumerable.Range(0, 100).Where(i => operations[i].IsFaulted));
        Assert.IsType<System.Data.Common.DbException>(operations[50].Exception!.InnerException, exactMatch: false);
        var events = await Store.ReadJournalAsync(0, 1000, Cancellation);
        Assert.Equal(Enumerable.Range(0, 100).Where(i => i != 50).Select(i => $"{i}"), events.Where(e => e.Kind == "test").Select(e => e.Subject));
        Assert.Equal(events.Select(e => e.Sequence).Order(), events.Select(e => e.Sequence));
        Assert.NotNull(await Store.FindPinAsync("url 99", Cancellation));
    }

    [Fact]
    public async Task An_operation_alone_in_its_batch_that_fails_leaves_nothing()
    {
        var failing = Store.WriteAsync<bool>(async w =>
        {
            await w.Sql.ExecuteAsync("INSERT INTO pins (url, sha256, bytes, time) VALUES ('a', 'x', 1, 1)");
            w.Emit("test", "a", "test");
            throw new InvalidOperationException("planned");
        }, Cancellation);

        Assert.Equal("planned", (await Assert.ThrowsAsync<InvalidOperationException>(() => failing)).Message);
        Assert.Null(await Store.FindPinAsync("a", Cancellation));
        Assert.Equal(0, Store.LastSequence);
        await SubmitAsync(Job("the store still works"));
    }

    [Fact]
    public async Task A_caller_that_gave_up_before_the_start_is_skipped()
    {
        var gate = await HoldWriterAsync();
        using var stop = new CancellationTokenSource();
        var abandoned = Store.SubmitAsync(new Submission([Job("abandoned")]), Someone, stop.Token);
        var kept = SubmitAsync(Job("kept"));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);   // although the writer is still busy
        gate.SetResult();

        await kept;
        Assert.Equal("kept", Assert.Single(await Store.ListJobsAsync(new JobFilter(), Cancellation)).Title);
    }

    [Fact]
    public async Task What_was_queued_is_finished_before_the_store_closes()
    {
        var second = await FarmStore.OpenAsync(new StoreOptions { Connection = Connection }, Time, Cancellation);
        var submitted = Enumerable.Range(0, 50).Select(i => second.SubmitAsync(new Submission([Job($"{i}")]), Someone, Cancellation)).ToArray();

        await second.DisposeAsync();

        Assert.All(await Task.WhenAll(submitted), r => Assert.IsType<SubmitResult.Accepted>(r));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => second.SubmitAsync(new Submission([Job("late")]), Someone, Cancellation));
    }

    [Fact]
    public async Task A_database_of_an_unknown_newer_schema_is_refused()
    {
        long newest = await Store.WriteAsync<long>(async w => await w.Sql.ScalarAsync<long>("SELECT MAX(version) FROM schema_version"), Cancellation);
        await Store.WriteAsync(async w => await w.Sql.ExecuteAsync("INSERT INTO schema_version (version, applied_at) VALUES (999, 0)"), Cancellation);

        var refused = await Assert.ThrowsAsync<StoreVersionException>(() => OpenAsync(new StoreOptions { Connection = Connection }));

        Assert.Equal((999, newest), (refused.Found, refused.Known));
        Assert.Contains("999", refused.Message, StringComparison.Ordinal);
        Assert.Contains("newer Quern", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Opened_again_the_store_holds_what_it_held()
    {
        var job = Job("it");
        await SubmitAsync(job);

        var again = await OpenAsync(new StoreOptions { Connection = Connection });

        Assert.Equal("it", (await again.FindJobAsync(job.Id.ToString(), Cancellation))!.Title);
        Assert.Equal(Store.LastSequence, again.LastSequence);
    }

    /// <summary>Keeps the writer busy until the answer is completed, so that what is queued meanwhile forms one batch.</summary>
    private async Task<TaskCompletionSource> HoldWriterAsync()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = Store.WriteAsync(async _ =>
        {
            started.SetResult();
            await gate.Task;
            return true;
        }, Cancellation);
        await started.Task;
        return gate;
    }
}
