using Quern.Model;
using Xunit;

namespace Quern.Scheduling.Tests;

public sealed class JobRulesTests
{
    [Theory]
    [InlineData(0, false, JobState.Ready, 1)]
    [InlineData(1, false, JobState.Ready, 2)]
    [InlineData(2, false, JobState.Failed, 3)]
    [InlineData(0, true, JobState.Cancelled, 1)]
    public void A_lost_attempt_runs_again_until_the_third_loss(int lostBefore, bool cancelRequested, JobState state, int lost)
    {
        var end = JobRules.AfterAttempt(new BuildOutcome.Lost("the link dropped"), lostBefore, cancelRequested);

        Assert.Equal((state, lost), (end.State, end.Lost));
        Assert.Contains("the link dropped", end.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Success_failure_and_cancel_end_the_job_as_they_say()
    {
        Assert.Equal(new AttemptEnd(JobState.Succeeded, "", 2), JobRules.AfterAttempt(new BuildOutcome.Succeeded([]), 2, true));
        Assert.Equal(new AttemptEnd(JobState.Failed, "no", 0) { ExitCode = 2, FailedStep = "build" },
            JobRules.AfterAttempt(new BuildOutcome.Failed("build", 2, "no"), 0, false));
        Assert.Equal(new AttemptEnd(JobState.Cancelled, "stop", 0), JobRules.AfterAttempt(new BuildOutcome.Cancelled("stop"), 0, true));
    }

    [Theory]
    [InlineData(JobState.Succeeded, 2, false, DependerFate.Wait)]
    [InlineData(JobState.Succeeded, 1, false, DependerFate.Run)]
    [InlineData(JobState.Failed, 2, false, DependerFate.Skip)]
    [InlineData(JobState.Cancelled, 1, false, DependerFate.Skip)]
    [InlineData(JobState.Skipped, 1, false, DependerFate.Skip)]
    [InlineData(JobState.Failed, 2, true, DependerFate.Wait)]
    [InlineData(JobState.Skipped, 1, true, DependerFate.Run)]
    public void A_depender_follows_its_need(JobState need, long needsLeft, bool continueOnFailure, DependerFate fate) =>
        Assert.Equal(fate, JobRules.AfterNeed(need, needsLeft, continueOnFailure));

    [Theory]
    [InlineData(JobState.Blocked, CancelStep.AtOnce)]
    [InlineData(JobState.Ready, CancelStep.AtOnce)]
    [InlineData(JobState.Running, CancelStep.AskWorker)]
    [InlineData(JobState.Succeeded, CancelStep.TooLate)]
    [InlineData(JobState.Failed, CancelStep.TooLate)]
    [InlineData(JobState.Cancelled, CancelStep.TooLate)]
    [InlineData(JobState.Skipped, CancelStep.TooLate)]
    public void A_wish_to_cancel_depends_on_the_state(JobState state, CancelStep step) =>
        Assert.Equal(step, JobRules.OnCancel(state));

    [Fact]
    public void Nothing_leaves_a_finished_state_and_nothing_stays_in_its_own()
    {
        foreach (var from in Enum.GetValues<JobState>())
        {
            Assert.False(JobRules.MayMove(from, from));
            foreach (var to in Enum.GetValues<JobState>().Where(_ => from.IsFinished()))
                Assert.False(JobRules.MayMove(from, to));
        }
    }

    [Fact]
    public void Every_state_is_reached_from_blocked()
    {
        var reached = new HashSet<JobState> { JobState.Blocked };
        for (int round = 0; round < 7; round++)
            reached.UnionWith(Enum.GetValues<JobState>().Where(to => reached.Any(from => JobRules.MayMove(from, to))));

        Assert.Equal(Enum.GetValues<JobState>(), reached.Order());
    }

    [Fact]
    public void A_skip_reason_names_the_need_and_what_became_of_it()
    {
        Assert.Equal("needs zlib (job 7), which failed", JobRules.SkipReason("zlib", 7, JobState.Failed));
        Assert.Throws<ArgumentOutOfRangeException>(() => JobRules.SkipReason("zlib", 7, JobState.Succeeded));
    }
}
