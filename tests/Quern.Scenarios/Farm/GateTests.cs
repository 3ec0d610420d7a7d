using Quern.Model;
using Quern.Testing;
using static Quern.Scenarios.Farm.FarmFixture;
using static Quern.Scenarios.Farm.SteeredLink;

namespace Quern.Scenarios.Farm;

public sealed class GateTests
{
    [Fact]
    public async Task A_job_runs_its_steps_in_order_and_its_output_is_kept()
    {
        await using var farm = await StartAsync();
        var worker = new SteeredLink("w1");
        farm.Gate.Attach(worker);

        var id = await farm.SubmitAsync(Job(Do("say", "one"), Do("say", "two"), Do("exit", "0")));
        var row = await farm.FinishedAsync(id);

        Assert.Equal(JobState.Succeeded, row.State);
        Assert.Equal(["slot-1: say one", "slot-1: say two", "slot-1: exit 0"], worker.Asked);
        var reader = await farm.Logs.OpenReaderAsync(id, row.Attempt, "", CancellationToken.None);
        var page = await reader!.ReadAsync(0, 100, CancellationToken.None);
        Assert.Equal(["one", "two"], page.Lines.Where(l => l.Stream == OutputStream.Stdout).Select(l => l.Text));
    }

    [Fact]
    public async Task A_failing_step_ends_the_job_and_only_clean_up_still_runs()
    {
        await using var farm = await StartAsync();
        var worker = new SteeredLink("w1");
        farm.Gate.Attach(worker);
        var plan = new Plan(
        [
            new PlanStep("build", Do("exit", "3")),
            new PlanStep("install", Do("say", "not reached")),
            new PlanStep("clean", Do("say", "cleaned")) { Always = true },
        ]);

        var row = await farm.FinishedAsync(await farm.SubmitAsync(Job() with { Plan = plan }));

        Assert.Equal(JobState.Failed, row.State);
        Assert.Equal(3, row.ExitCode);
        Assert.Equal("build", row.FailedStep);
        Assert.Equal(["slot-1: exit 3", "slot-1: say cleaned"], worker.Asked);
    }

    [Fact]
    public async Task A_job_whose_worker_vanished_runs_again_on_another()
    {
        await using var farm = await StartAsync();
        var first = new SteeredLink("w1");
        farm.Gate.Attach(first);
        var id = await farm.SubmitAsync(Job(Do("wait", "a"), Do("exit", "0")));
        await first.Began("a");

        first.Close("the cable was pulled");
        var second = new SteeredLink("w2");
        second.Release("a");
        farm.Gate.Attach(second);
        var row = await farm.FinishedAsync(id);

        Assert.Equal(JobState.Succeeded, row.State);
        Assert.Equal(2, row.Attempt);
        Assert.Equal("w2", row.Worker?.Value);
    }

    [Fact]
    public async Task A_job_lost_three_times_fails_with_the_reason()
    {
        await using var farm = await StartAsync();
        var id = await farm.SubmitAsync(Job(Do("vanish")));
        for (int i = 1; i <= 3; i++)
        {
            farm.Gate.Attach(new SteeredLink($"w{i}"));
            int attempt = i;
            await farm.UntilAsync(id, r => r.State.IsFinished() || (r.State == JobState.Ready && r.Attempt >= attempt));
        }

        var row = await farm.FinishedAsync(id);

        Assert.Equal(JobState.Failed, row.State);
        Assert.Contains("cable", row.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_job_is_interrupted_by_a_cancel()
    {
        await using var farm = await StartAsync();
        var worker = new SteeredLink("w1");
        farm.Gate.Attach(worker);
        var id = await farm.SubmitAsync(Job(Do("wait", "a"), Do("say", "not reached")));
        await worker.Began("a");

        await farm.Store.CancelAsync(id, "not needed", Me, CancellationToken.None);
        var row = await farm.FinishedAsync(id);

        Assert.Equal(JobState.Cancelled, row.State);
        Assert.DoesNotContain(worker.Asked, a => a.Contains("not reached", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_queued_job_is_cancelled_at_once_and_its_depender_is_skipped()
    {
        await using var farm = await StartAsync();
        var need = await farm.SubmitAsync(Job(Do("exit", "0")));
        var depender = await farm.SubmitAsync(Job(Do("exit", "0")) with { Needs = [need] });

        await farm.Store.CancelAsync(need, "not needed", Me, CancellationToken.None);

        Assert.Equal(JobState.Cancelled, (await farm.FinishedAsync(need)).State);
        Assert.Equal(JobState.Skipped, (await farm.FinishedAsync(depender)).State);
    }

    [Fact]
    public async Task Jobs_of_one_builder_never_run_at_once_on_one_worker()
    {
        await using var farm = await StartAsync();
        var worker = new SteeredLink("w1");
        farm.Gate.Pool.SetSlots(worker.Description.Name, 4);
        farm.Gate.Attach(worker);

        var a = await farm.SubmitAsync(Job(Do("wait", "a")) with { Builder = "nightly" });
        await worker.Began("a");
        var b = await farm.SubmitAsync(Job(Do("wait", "b")) with { Builder = "nightly" });
        var c = await farm.SubmitAsync(Job(Do("exit", "0")));
        await farm.FinishedAsync(c);

        Assert.DoesNotContain("nightly: wait b", worker.Asked);
        worker.Release("a");
        worker.Release("b");
        Assert.Equal(JobState.Succeeded, (await farm.FinishedAsync(b)).State);
        Assert.Equal(JobState.Succeeded, (await farm.FinishedAsync(a)).State);
    }

    [Fact]
    public async Task A_busy_builder_with_a_long_queue_keeps_nobody_else_waiting()
    {
        await using var farm = await StartAsync();
        var worker = new SteeredLink("w1");
        farm.Gate.Pool.SetSlots(worker.Description.Name, 2);
        var jobs = Enumerable.Range(0, 200).Select(i => Job(Do("wait", "a")) with { Builder = "nightly" }).ToList();
        await farm.Store.SubmitAsync(new Quern.Storage.Submission([.. jobs]), Me, CancellationToken.None);
        var other = await farm.SubmitAsync(Job(Do("exit", "0")));

        farm.Gate.Attach(worker);

        Assert.Equal(JobState.Succeeded, (await farm.FinishedAsync(other)).State);
    }

    [Fact]
    public async Task Higher_priority_runs_first_and_equal_priority_in_order()
    {
        await using var farm = await StartAsync();
        var low = await farm.SubmitAsync(Job(Do("say", "low")) with { Priority = 1 });
        await farm.SubmitAsync(Job(Do("say", "high")) with { Priority = 9 });
        await farm.SubmitAsync(Job(Do("say", "also high")) with { Priority = 9 });
        var worker = new SteeredLink("w1");

        farm.Gate.Attach(worker);
        await farm.FinishedAsync(low);

        Assert.Equal(["slot-1: say high", "slot-1: say also high", "slot-1: say low"], worker.Asked);
    }

    [Fact]
    public async Task A_long_queue_runs_in_order_each_job_once_and_without_those_cancelled_in_it()
    {
        await using var farm = await StartAsync();
        var jobs = Enumerable.Range(0, 300).Select(i => Job(i is 0 or 100 ? Do("wait", $"{i}") : Do("say", $"{i}"))).ToList();
        await farm.Store.SubmitAsync(new Quern.Storage.Submission([.. jobs]), Me, CancellationToken.None);
        var worker = new SteeredLink("w1");
        farm.Gate.Attach(worker);
        await worker.Began("0");

        // They were seen as waiting by then.
        foreach (int i in (int[])[1, 2, 150]) await farm.Store.CancelAsync(jobs[i].Id, "not needed", Me, CancellationToken.None);
        worker.Release("0");
        await worker.Began("100");
        var urgent = Job(Do("say", "urgent")) with { Priority = 9 };
        await farm.SubmitAsync(urgent);
        worker.Release("100");
        await farm.FinishedAsync(jobs[^1].Id);

        int[] run = [.. worker.Asked.Select(a => a.Split(' ')[^1]).Where(w => w != "urgent").Select(int.Parse)];
        Assert.Equal(Enumerable.Range(0, 300).Except([1, 2, 150]), run);
        Assert.InRange(worker.Asked.ToList().IndexOf("slot-1: say urgent"), 98, 102);
    }

    [Fact]
    public async Task Many_workers_share_one_queue_and_no_job_runs_twice()
    {
        await using var farm = await StartAsync();
        var jobs = Enumerable.Range(0, 400).Select(i => Job(Do("say", $"{i}"))).ToList();
        SteeredLink[] workers = [.. Enumerable.Range(1, 5).Select(i => new SteeredLink($"w{i}"))];
        foreach (var worker in workers)
        {
            farm.Gate.Pool.SetSlots(worker.Description.Name, 3);
            farm.Gate.Attach(worker);
        }

        foreach (var part in jobs.Chunk(40)) await farm.Store.SubmitAsync(new Quern.Storage.Submission([.. part]), Me, CancellationToken.None);
        foreach (var job in jobs) Assert.Equal(JobState.Succeeded, (await farm.FinishedAsync(job.Id)).State);

        string[] said = [.. workers.SelectMany(w => w.Asked).Select(a => a.Split(' ')[^1])];
        Assert.Equal(400, said.Length);
        Assert.Equal(400, said.Distinct().Count());
        Assert.All(farm.Gate.Pool.Standings(), s => Assert.Equal(0, s.Busy));
    }

    [Fact]
    public async Task The_newest_connection_of_a_name_wins()
    {
        await using var farm = await StartAsync();
        var old = new SteeredLink("w1");
        farm.Gate.Attach(old);
        var first = await farm.SubmitAsync(Job(Do("exit", "0")));
        await farm.FinishedAsync(first);

        var fresh = new SteeredLink("w1");
        farm.Gate.Attach(fresh);

        Assert.Contains("newer connection", await old.Closed, StringComparison.Ordinal);
        await farm.FinishedAsync(await farm.SubmitAsync(Job(Do("say", "again"))));
        Assert.Contains("slot-1: say again", fresh.Asked);
    }

    [Fact]
    public async Task A_restarted_gate_runs_what_ran_before_again()
    {
        using var folder = new ScratchFolder();
        JobId id;
        await using (var before = await StartAsync(folder))
        {
            var worker = new SteeredLink("w1");
            before.Gate.Attach(worker);
            id = await before.SubmitAsync(Job(Do("wait", "a")));
            await worker.Began("a");
        }
        await using var after = await StartAsync(folder);
        var second = new SteeredLink("w1");
        second.Release("a");
        after.Gate.Attach(second);

        var row = await after.FinishedAsync(id);

        Assert.Equal(JobState.Succeeded, row.State);
        Assert.Equal(2, row.Attempt);
    }
}
