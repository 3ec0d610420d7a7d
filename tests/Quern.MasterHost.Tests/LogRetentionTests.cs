using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests;

public sealed class LogRetentionTests
{
    private const string Node = "gate";
    private static readonly BuildOutcome Success = new BuildOutcome.Succeeded([]);
    private static readonly BuildOutcome Failure = new BuildOutcome.Failed("run", 1, "no");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Logs_go_at_the_start_and_every_hour_when_their_time_is_over_those_of_failed_jobs_by_their_own()
    {
        using var folder = new ScratchFolder();
        var time = new ManualTimeProvider();
        await using var store = await OpenAsync(folder, time);
        await using var logs = new LogStore(folder["logs"], time);
        var old = await EndAsync(store, logs, time, Success);
        time.Advance(TimeSpan.FromHours(2));
        var good = await EndAsync(store, logs, time, Success);
        var bad = await EndAsync(store, logs, time, Failure);
        time.Advance(TimeSpan.FromMinutes(10));
        long seen = store.LastSequence;

        await using var retention = Retention(store, logs, time, new RetentionSettings { Logs = TimeSpan.FromHours(1), FailedLogs = TimeSpan.FromHours(3) });
        retention.Start();
        Assert.Equal(old, await DeletedAfterAsync(store, seen));
        Assert.Empty(logs.ListLogs(old));
        Assert.NotEmpty(logs.ListLogs(good));

        time.Advance(LogRetention.Interval);
        Assert.Equal(good, await DeletedAfterAsync(store, seen + 1));
        Assert.NotEmpty(logs.ListLogs(bad));

        time.Advance(3 * LogRetention.Interval);
        Assert.Equal(bad, await DeletedAfterAsync(store, seen + 2));
        Assert.Empty(logs.ListLogs(bad));
    }

    [Fact]
    public async Task What_has_no_setting_is_kept_for_ever()
    {
        using var folder = new ScratchFolder();
        var time = new ManualTimeProvider();
        await using var store = await OpenAsync(folder, time);
        await using var logs = new LogStore(folder["logs"], time);
        var good = await EndAsync(store, logs, time, Success);
        var bad = await EndAsync(store, logs, time, Failure);
        time.Jump(TimeSpan.FromDays(10_000));

        await using var retention = Retention(store, logs, time, new RetentionSettings { Logs = TimeSpan.FromHours(1) });

        Assert.Equal(1, await retention.RoundAsync(Cancellation));
        Assert.Empty(logs.ListLogs(good));
        Assert.NotEmpty(logs.ListLogs(bad));
    }

    [Fact]
    public async Task Two_gates_on_one_database_delete_each_the_files_of_its_own_jobs()
    {
        using var folder = new ScratchFolder();
        var time = new ManualTimeProvider();
        await using var store = await OpenAsync(folder, time);
        await using var ours = new LogStore(folder["ours"], time);
        await using var theirs = new LogStore(folder["theirs"], time);
        var here = await EndAsync(store, ours, time, Success);
        var there = await EndAsync(store, theirs, time, Success, "other");
        time.Jump(TimeSpan.FromDays(1));
        await using var retention = Retention(store, ours, time, Both(TimeSpan.FromHours(1)));
        await using var others = Retention(store, theirs, time, Both(TimeSpan.FromHours(1)), node: "other");

        Assert.Equal(1, await retention.RoundAsync(Cancellation));
        Assert.Empty(ours.ListLogs(here));
        Assert.NotEmpty(theirs.ListLogs(there));
        Assert.Null((await store.FindJobAsync("2", Cancellation))!.LogDeletedAt);

        Assert.Equal(1, await others.RoundAsync(Cancellation));
        Assert.Empty(theirs.ListLogs(there));
        Assert.NotNull((await store.FindJobAsync("2", Cancellation))!.LogDeletedAt);
    }

    [Fact]
    public async Task A_round_is_bounded_and_the_next_one_goes_on()
    {
        using var folder = new ScratchFolder();
        var time = new ManualTimeProvider();
        await using var store = await OpenAsync(folder, time);
        await using var logs = new LogStore(folder["logs"], time);
        for (int i = 0; i < 5; i++) await EndAsync(store, logs, time, i % 2 == 0 ? Success : Failure);
        time.Jump(TimeSpan.FromDays(1));
        await using var retention = Retention(store, logs, time, Both(TimeSpan.FromHours(1)), maxPerRound: 2);

        var rounds = new List<int>();
        for (int i = 0; i < 4; i++) rounds.Add(await retention.RoundAsync(Cancellation));

        Assert.Equal([2, 2, 1, 0], rounds);
    }

    [Fact]
    public async Task A_master_that_died_between_the_files_and_the_mark_does_the_rest_next_time()
    {
        using var folder = new ScratchFolder();
        var time = new ManualTimeProvider();
        await using var store = await OpenAsync(folder, time);
        await using var logs = new LogStore(folder["logs"], time);
        var job = await EndAsync(store, logs, time, Success);
        time.Jump(TimeSpan.FromDays(1));
        await logs.DeleteAsync(job, Cancellation);   // and there it died

        await using var retention = Retention(store, logs, time, Both(TimeSpan.FromHours(1)));

        Assert.Equal(1, await retention.RoundAsync(Cancellation));
        Assert.Equal(time.GetUtcNow(), (await store.FindJobAsync("1", Cancellation))!.LogDeletedAt);
        Assert.Equal(0, await retention.RoundAsync(Cancellation));
    }

    [Fact]
    public async Task A_log_that_cannot_be_deleted_stops_no_other_and_is_tried_again()
    {
        using var folder = new ScratchFolder();
        var time = new ManualTimeProvider();
        await using var store = await OpenAsync(folder, time);
        await using var logs = new LogStore(folder["logs"], time);
        var held = await EndAsync(store, logs, time, Success);
        var free = await EndAsync(store, logs, time, Success);
        time.Jump(TimeSpan.FromDays(1));
        await using var retention = Retention(store, logs, time, Both(TimeSpan.FromHours(1)));

        int first;
        await using (logs.Open(held, 2, "")) first = await retention.RoundAsync(Cancellation);
        int second = await retention.RoundAsync(Cancellation);

        Assert.Equal((1, 1), (first, second));
        Assert.Empty(logs.ListLogs(held));
        Assert.Empty(logs.ListLogs(free));
    }

    [Fact]
    public async Task Who_asks_for_a_deleted_log_is_told_in_plain_words_that_and_when_it_was_deleted()
    {
        var time = new ManualTimeProvider();
        await using var farm = await MasterFixture.StartAsync(FarmConfiguration.Empty with { Retention = Both(TimeSpan.FromHours(1)) }, time);
        using var client = farm.Client();
        var store = farm.Get<FarmStore>();
        await EndAsync(store, farm.Get<LogStore>(), time, Failure);
        Assert.Contains("a line", await client.GetStringAsync("/api/v1/jobs/1/log/text", Cancellation), StringComparison.Ordinal);
        long seen = store.LastSequence;

        time.Advance(2 * LogRetention.Interval);
        await DeletedAfterAsync(store, seen);

        foreach (string way in (string[])["", "/text", "/follow"])
        {
            var answer = await client.GetAsync($"/api/v1/jobs/1/log{way}", Cancellation);
            Assert.Equal(HttpStatusCode.Gone, answer.StatusCode);
            string detail = (await MasterFixture.BodyAsync(answer))["detail"]!.ToString();
            Assert.StartsWith("The log of job 1 was deleted by retention on 2061-07-28 at 05:14 UTC", detail, StringComparison.Ordinal);
            Assert.Contains("retention.failed_logs", detail, StringComparison.Ordinal);
        }
        var job = JsonNode.Parse(await client.GetStringAsync("/api/v1/jobs/1", Cancellation))!;
        Assert.Equal("2061-07-28T05:14:15+00:00", job["log_deleted_at"]!.ToString());
        Assert.Contains("The log was deleted by retention", await client.GetStringAsync("/jobs/1", Cancellation), StringComparison.Ordinal);
    }

    private static RetentionSettings Both(TimeSpan keep) => new() { Logs = keep, FailedLogs = keep };

    private static LogRetention Retention(FarmStore store, LogStore logs, TimeProvider time, RetentionSettings settings, int maxPerRound = 100, string node = Node) =>
        new(store, logs, node, settings, time, NullLogger<LogRetention>.Instance) { MaxPerRound = maxPerRound };

    private static Task<FarmStore> OpenAsync(ScratchFolder folder, TimeProvider time) =>
        FarmStore.OpenAsync(new StoreOptions { Connection = $"sqlite:{folder["farm.db"]}" }, time, Cancellation);

    /// <summary>A job that was started, wrote one line and ended now.</summary>
    private static async Task<JobId> EndAsync(FarmStore store, LogStore logs, TimeProvider time, BuildOutcome outcome, string node = Node)
    {
        var plan = new Plan([new PlanStep("run", new RemoteCommand.Shell { Command = ["true"], Timeout = TimeSpan.FromSeconds(5) })]);
        var job = new NewJob { Id = JobId.Create(time.GetUtcNow()), Title = "it", Plan = plan };
        await store.SubmitAsync(new Submission([job]), Actor.Farm, Cancellation);
        await store.ClaimAsync([new Claim(job.Id, new WorkerName("w"), "slot-1", node, time.GetUtcNow().AddDays(1))], Cancellation);
        await using (var log = logs.Open(job.Id, 1, ""))
        {
            await log.AppendAsync(OutputStream.Stdout, Encoding.UTF8.GetBytes("a line\n"), time.GetUtcNow());
            await log.CompleteAsync();
        }
        await store.CompleteAsync(job.Id, 1, outcome, new JobLogFacts(1, 7), Actor.Farm, Cancellation);
        return job.Id;
    }

    /// <summary>Waits for the next event and answers whose log it says was deleted.</summary>
    private static async Task<JobId> DeletedAfterAsync(FarmStore store, long seen)
    {
        await store.WaitPastAsync(seen, Cancellation);
        var told = Assert.Single(await store.ReadJournalAsync(seen, 10, Cancellation));
        Assert.Equal(EventKinds.LogDeleted, told.Kind);
        Assert.True(JobId.TryParse(told.Subject, out var job));
        return job;
    }
}
