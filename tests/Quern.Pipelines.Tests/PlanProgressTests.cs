using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Quern.Model;
using Xunit;

namespace Quern.Pipelines.Tests;

public sealed class PlanProgressTests
{
    private static readonly StepEnd Good = new StepEnd.Succeeded();
    private static readonly StepEnd Bad = new StepEnd.Failed(2, "it broke.");

    [Fact]
    public void A_failure_stops_the_plan_and_clean_up_still_runs()
    {
        var ran = Run([Step("a"), Step("b"), Step("c"), Step("clean") with { Always = true }], name => name == "b" ? Bad : Good, out var outcome);

        Assert.Equal(["a succeeded", "b failed", "c skipped", "clean succeeded"], ran);
        Assert.Equal(new BuildOutcome.Failed("b", 2, "it broke."), outcome);
    }

    [Fact]
    public void A_failure_that_does_not_halt_fails_the_job_at_the_end()
    {
        var ran = Run([Step("test") with { HaltOnFailure = false }, Step("report")], name => name == "test" ? Bad : Good, out var outcome);

        Assert.Equal(["test failed", "report succeeded"], ran);
        Assert.Equal("test", Assert.IsType<BuildOutcome.Failed>(outcome).Step);
    }

    [Fact]
    public void A_warning_lets_the_job_succeed_and_says_so()
    {
        var ran = Run([Step("lint") with { OnFailure = FailureEffect.Warn }, Step("next")], name => name == "lint" ? Bad : Good, out var outcome);

        Assert.Equal(["lint warnings", "next succeeded"], ran);
        Assert.Equal("it broke.", Assert.IsType<BuildOutcome.Succeeded>(outcome).Warnings);
    }

    [Fact]
    public void An_ignored_failure_leaves_no_trace_in_the_job()
    {
        var ran = Run([Step("probe") with { OnFailure = FailureEffect.Ignore }, Step("next")], name => name == "probe" ? Bad : Good, out var outcome);

        Assert.Equal(["probe failed", "next succeeded"], ran);
        Assert.Equal("", Assert.IsType<BuildOutcome.Succeeded>(outcome).Warnings);
    }

    [Fact]
    public void A_warning_can_halt_too()
    {
        var ran = Run([Step("lint") with { OnFailure = FailureEffect.Warn, HaltOnFailure = true }, Step("next")], _ => Bad, out var outcome);

        Assert.Equal(["lint warnings", "next skipped"], ran);
        Assert.IsType<BuildOutcome.Succeeded>(outcome);
    }

    [Fact]
    public void Conditions_see_the_steps_before()
    {
        var ran = Run(
            [
                Step("probe") with { OnFailure = FailureEffect.Ignore },
                Step("fetch") with { If = "steps.probe == 'failed'" },
                Step("reuse") with { If = "steps.probe == 'succeeded'" },
                Step("tell") with { Always = true, If = "job != 'succeeded'" },
            ],
            name => name == "probe" ? Bad : Good, out _);

        Assert.Equal(["probe failed", "fetch succeeded", "reuse skipped", "tell skipped"], ran);
    }

    [Fact]
    public void A_clean_up_with_a_condition_runs_on_failure_only()
    {
        ImmutableArray<PlanStep> steps = [Step("test"), Step("collect") with { Always = true, If = "job == 'failed'" }];

        Assert.Equal(["test failed", "collect succeeded"], Run(steps, name => name == "test" ? Bad : Good, out _));
        Assert.Equal(["test succeeded", "collect skipped"], Run(steps, _ => Good, out _));
    }

    [Fact]
    public void After_a_cancel_clean_up_runs_and_nothing_else()
    {
        var ran = Run([Step("long"), Step("next"), Step("clean") with { Always = true }],
            name => name == "long" ? new StepEnd.Cancelled(-1) : Good, out var outcome);

        Assert.Equal(["long cancelled", "next skipped", "clean succeeded"], ran);
        Assert.IsType<BuildOutcome.Cancelled>(outcome);
    }

    [Fact]
    public void A_cancel_between_steps_stops_before_the_next()
    {
        var (_, choice) = PlanProgress.Of(new Plan([Step("a"), Step("clean") with { Always = true }])).Next(cancelled: true);

        Assert.Equal("the job was cancelled", Assert.IsType<StepChoice.LeaveOut>(choice).Reason);
    }

    [Fact]
    public void Clean_up_is_not_interrupted_by_a_cancel()
    {
        var progress = PlanProgress.Of(new Plan([Step("a"), Step("clean") with { Always = true }])).After(Bad).Progress;

        Assert.True(Assert.IsType<StepChoice.Run>(progress.Next(cancelled: true).Choice).CleaningUp);
    }

    [Fact]
    public void When_the_worker_is_gone_nothing_more_is_asked_of_it()
    {
        var ran = Run([Step("a"), Step("clean") with { Always = true }], _ => new StepEnd.Lost("cable"), out var outcome);

        Assert.Equal(["a lost", "clean skipped"], ran);
        Assert.Equal(new BuildOutcome.Lost("cable"), outcome);
    }

    [Fact]
    public void A_worker_that_goes_during_clean_up_does_not_undo_a_failure()
    {
        var ran = Run([Step("a"), Step("clean") with { Always = true }], name => name == "a" ? Bad : new StepEnd.Lost("cable"), out var outcome);

        Assert.Equal(["a failed", "clean lost"], ran);
        Assert.IsType<BuildOutcome.Failed>(outcome);
    }

    [Fact]
    public void The_failure_of_an_old_plans_clean_up_changes_nothing()
    {
        Run([Step("a"), Step("clean") with { Always = true }], name => name == "clean" ? Bad : Good, out var outcome);

        Assert.IsType<BuildOutcome.Succeeded>(outcome);
    }

    [Fact]
    public void Every_step_gets_exactly_one_end_whatever_happens()
    {
        var step = from always in ArbMap.Default.GeneratorFor<bool>()
                   from halt in ArbMap.Default.GeneratorFor<bool?>()
                   from effect in ArbMap.Default.GeneratorFor<FailureEffect?>()
                   select Step("s") with { Always = always, HaltOnFailure = halt, OnFailure = effect };
        var ends = Gen.Elements(Good, Bad, new StepEnd.Cancelled(-1), new StepEnd.Lost("cable"), new StepEnd.Skipped("there"));
        var runs = (from steps in step.ListOf()
                    from given in ends.ListOf(steps.Count)
                    select (Steps: steps, Ends: given)).ToArbitrary();

        Prop.ForAll(runs, run =>
        {
            int asked = 0;
            var ran = Run([.. run.Steps.Select((s, i) => s with { Name = $"s{i}" })], name =>
            {
                asked++;
                return run.Ends[int.Parse(name[1..], System.Globalization.CultureInfo.InvariantCulture)];
            }, out var outcome);
            bool anyFailed = ran.Where((r, i) => r.EndsWith("failed", StringComparison.Ordinal) && run.Steps[i].FailureEffect == FailureEffect.Fail).Any();
            return ran.Count == run.Steps.Count && asked <= run.Steps.Count && (!anyFailed || outcome is not BuildOutcome.Succeeded);
        }).QuickCheckThrowOnFailure();
    }

    private static PlanStep Step(string name) => new(name, new RemoteCommand.Shell { Command = ["true"] });

    private static List<string> Run(ImmutableArray<PlanStep> steps, Func<string, StepEnd> end, out BuildOutcome outcome)
    {
        var told = new List<string>();
        var progress = PlanProgress.Of(new Plan(steps));
        while (true)
        {
            (progress, var choice) = progress.Next(false);
            if (choice is StepChoice.Done done)
            {
                outcome = done.Outcome;
                return told;
            }
            var step = choice is StepChoice.Run run ? run.Step : ((StepChoice.LeaveOut)choice).Step;
            (progress, var state) = progress.After(choice is StepChoice.Run ? end(step.Name) : new StepEnd.Skipped(((StepChoice.LeaveOut)choice).Reason));
            told.Add($"{step.Name} {state.Word()}");
        }
    }
}
