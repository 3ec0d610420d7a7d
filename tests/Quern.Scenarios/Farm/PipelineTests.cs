using System.Collections.Immutable;
using Quern.Model;
using Quern.Peers.Secrets;
using Quern.Storage;
using Quern.Testing;
using static Quern.Scenarios.Farm.FarmFixture;
using static Quern.Scenarios.Farm.SteeredLink;

namespace Quern.Scenarios.Farm;

/// <summary>Plans with conditions, flags, limits, locks and secrets on the whole road.</summary>
public sealed class PipelineTests
{
    [Fact]
    public async Task Every_step_leaves_its_result_and_its_lines()
    {
        await using var farm = await StartAsync();
        farm.Gate.Attach(new SteeredLink("w1"));
        var row = await RunAsync(farm,
            new PlanStep("talk", Do("say", "one")),
            new PlanStep("lint", Do("exit", "2")) { OnFailure = FailureEffect.Warn },
            new PlanStep("never", Do("say", "no")) { If = "steps.lint == 'succeeded'" },
            new PlanStep("last", Do("say", "end")));

        Assert.Equal((JobState.Succeeded, true, "Step 'lint' ended with exit code 2."), (row.State, row.Warnings, row.Reason));
        var steps = await farm.Store.ListStepsAsync(row.Id, row.Attempt, CancellationToken.None);
        Assert.Equal(["1 talk succeeded", "2 lint warnings", "3 never skipped", "4 last succeeded"], steps.Select(s => $"{s.Position} {s.Name} {s.State.Word()}"));
        Assert.Equal("its condition does not hold: steps.lint == 'succeeded'", steps[2].Reason);
        Assert.Equal([0, 2, null, 0], steps.Select(s => s.ExitCode));
        Assert.Equal(["--- talk", "one"], await LinesAsync(farm, row, steps[0]));
        Assert.Equal(["--- last", "end"], await LinesAsync(farm, row, steps[3]));
    }

    [Fact]
    public async Task A_running_step_can_be_seen_while_it_runs()
    {
        await using var farm = await StartAsync();
        var worker = new SteeredLink("w1");
        farm.Gate.Attach(worker);
        var id = await farm.SubmitAsync(Job(Do("say", "one"), Do("wait", "a")));
        await worker.Began("a");

        var steps = await farm.Store.ListStepsAsync(id, 1, CancellationToken.None);
        worker.Release("a");
        await farm.FinishedAsync(id);

        Assert.Equal([StepState.Succeeded, StepState.Running], steps.Select(s => s.State));
    }

    [Fact]
    public async Task A_cancelled_job_still_cleans_up_and_says_which_step_was_cancelled()
    {
        await using var farm = await StartAsync();
        var worker = new SteeredLink("w1");
        farm.Gate.Attach(worker);
        var id = await farm.SubmitAsync(PlanJob(
            new PlanStep("long", Do("wait", "a")),
            new PlanStep("next", Do("say", "no")),
            new PlanStep("clean", Do("say", "cleaned")) { Always = true, OnFailure = FailureEffect.Fail }));
        await worker.Began("a");

        await farm.Store.CancelAsync(id, "not needed", Me, CancellationToken.None);
        var row = await farm.FinishedAsync(id);

        Assert.Equal((JobState.Cancelled, "not needed"), (row.State, row.Reason));
        Assert.Equal(["slot-1: wait a", "slot-1: say cleaned"], worker.Asked);
        var steps = await farm.Store.ListStepsAsync(id, 1, CancellationToken.None);
        Assert.Equal(["long cancelled", "next skipped", "clean succeeded"], steps.Select(s => $"{s.Name} {s.State.Word()}"));
    }

    [Fact]
    public async Task Clean_up_after_a_cancel_has_ten_minutes_and_no_more()
    {
        var time = new ManualTimeProvider();
        await using var farm = await StartAsync(time: time);
        var worker = new SteeredLink("w1");
        farm.Gate.Attach(worker);
        var id = await farm.SubmitAsync(PlanJob(new PlanStep("long", Do("wait", "a")), new PlanStep("clean", Do("wait", "b")) { Always = true, OnFailure = FailureEffect.Fail }));
        await worker.Began("a");
        await farm.Store.CancelAsync(id, "not needed", Me, CancellationToken.None);
        await worker.Began("b");

        // In steps below the lease, so that the job stays the gate's.
        for (int i = 0; i < 31; i++) time.Advance(TimeSpan.FromSeconds(20));
        var row = await farm.FinishedAsync(id);

        Assert.Equal(JobState.Cancelled, row.State);
        var clean = (await farm.Store.ListStepsAsync(id, 1, CancellationToken.None))[1];
        Assert.Equal((StepState.Failed, "Step 'clean' was stopped after its time limit of 10 minutes."), (clean.State, clean.Reason));
    }

    [Fact]
    public async Task A_step_over_its_time_limit_fails_and_says_so()
    {
        var time = new ManualTimeProvider();
        await using var farm = await StartAsync(time: time);
        var worker = new SteeredLink("w1");
        farm.Gate.Attach(worker);
        var id = await farm.SubmitAsync(PlanJob(new PlanStep("long", Do("wait", "a")) { TimeLimit = TimeSpan.FromSeconds(30) }, new PlanStep("next", Do("say", "no"))));
        await worker.Began("a");

        time.Advance(TimeSpan.FromSeconds(31));
        var row = await farm.FinishedAsync(id);

        Assert.Equal((JobState.Failed, "long", "Step 'long' was stopped after its time limit of 30 seconds."), (row.State, row.FailedStep, row.Reason));
    }

    [Fact]
    public async Task A_job_waits_for_a_lock_on_whatever_worker_it_could_run()
    {
        await using var farm = await StartAsync();
        await farm.Store.SetLocksAsync([new StoredLock("board", 1)], Me, CancellationToken.None);
        var worker = new SteeredLink("w1");
        var other = new SteeredLink("w2");
        farm.Gate.Attach(worker);
        farm.Gate.Attach(other);
        var first = await farm.SubmitAsync(Job(Do("wait", "a")) with { Locks = ["board"] });
        await farm.UntilAsync(first, r => r.State == JobState.Running);
        var second = await farm.SubmitAsync(Job(Do("say", "two")) with { Locks = ["board"] });
        var free = await farm.FinishedAsync(await farm.SubmitAsync(Job(Do("say", "free"))));

        Assert.Equal(JobState.Succeeded, free.State);
        Assert.Equal(JobState.Ready, (await farm.Store.FindJobAsync(second.ToString(), CancellationToken.None))!.State);
        worker.Release("a");
        other.Release("a");
        Assert.Equal(JobState.Succeeded, (await farm.FinishedAsync(second)).State);
    }

    [Fact]
    public async Task A_secret_reaches_the_program_and_nothing_else()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["token"], "T0p-Secret-Value\n");
        await using var farm = await StartAsync(secrets: new SecretFiles(ImmutableSortedDictionary<string, string>.Empty.Add("token", folder["token"])));
        var worker = new SteeredLink("w1");
        farm.Gate.Attach(worker);
        var id = await farm.SubmitAsync(PlanJob(
            new PlanStep("tell", Do("env", "TOKEN")) { SecretEnvironment = ImmutableSortedDictionary<string, string>.Empty.Add("TOKEN", "token"), HaltOnFailure = false },
            new PlanStep("refuse", Do("refuse", "T0p-Secret-Value"))));

        var row = await farm.FinishedAsync(id);

        Assert.Contains("TOKEN=T0p-Secret-Value", worker.Seen);
        var lines = await LinesAsync(farm, row, null);
        Assert.Contains("TOKEN=***", lines);
        string everything = string.Join('\n', lines) + row.Reason + string.Join('\n', (await farm.Store.ListStepsAsync(id, 1, CancellationToken.None)).Select(s => s.Reason)) +
            string.Join('\n', (await farm.Store.ReadJournalAsync(0, 1000, CancellationToken.None)).Select(e => e.Data));
        Assert.DoesNotContain("T0p-Secret", everything, StringComparison.Ordinal);
        Assert.Contains("***", row.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_cannot_be_read_fails_the_job_before_it_begins()
    {
        using var folder = new ScratchFolder();
        await using var farm = await StartAsync(secrets: new SecretFiles(ImmutableSortedDictionary<string, string>.Empty.Add("token", folder["gone"])));
        var worker = new SteeredLink("w1");
        farm.Gate.Attach(worker);

        var row = await RunAsync(farm, new PlanStep("tell", Do("say", "no")) { SecretEnvironment = ImmutableSortedDictionary<string, string>.Empty.Add("TOKEN", "token") });

        Assert.Equal(JobState.Failed, row.State);
        Assert.StartsWith("The secret 'token' cannot be had: the file", row.Reason, StringComparison.Ordinal);
        Assert.Empty(worker.Asked);
    }

    [Fact]
    public async Task A_secret_that_a_worker_would_change_is_refused_as_a_variable()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["token"], "pass${word}\n");
        await using var farm = await StartAsync(secrets: new SecretFiles(ImmutableSortedDictionary<string, string>.Empty.Add("token", folder["token"])));
        farm.Gate.Attach(new SteeredLink("w1"));

        var row = await RunAsync(farm, new PlanStep("tell", Do("say", "no")) { SecretEnvironment = ImmutableSortedDictionary<string, string>.Empty.Add("TOKEN", "token") });

        Assert.Equal("The secret 'token' holds '${', which workers replace in environment variables; give it by 'stdin_secret' or 'download'.", row.Reason);
    }

    private static NewJob PlanJob(params PlanStep[] steps) => Job() with { Plan = new Plan([.. steps]) };

    private static async Task<JobRow> RunAsync(FarmFixture farm, params PlanStep[] steps) => await farm.FinishedAsync(await farm.SubmitAsync(PlanJob(steps)));

    private static async Task<List<string>> LinesAsync(FarmFixture farm, JobRow row, StepResult? step)
    {
        using var reader = await farm.Logs.OpenReaderAsync(row.Id, row.Attempt, "", CancellationToken.None);
        var page = await reader!.ReadAsync(step?.FirstLine ?? 1, (int)(step?.Lines ?? 1000), CancellationToken.None);
        return [.. page.Lines.Select(l => l.Text)];
    }
}
