using System.Collections.Immutable;
using Quern.Model;
using Quern.Scheduling.Matching;
using Xunit;

namespace Quern.Scheduling.Tests.Matching;

public sealed class WhyWaitingTests
{
    [Theory]
    [InlineData("1 0 - -", "w - 1 - 1", "ready: goes to worker w next")]
    [InlineData("1 0 - -", "", "no worker is connected")]
    [InlineData("1 0 arch=arm64 -", "w arch=x86_64 1 - 1", "no connected worker offers arch=arm64")]
    [InlineData("1 0 worker=a|b -", "w - 1 - 1", "worker a or b is not connected")]
    [InlineData("1 0 arch=x,tag=t -", "w arch=x 1 - 1; v t 1 - 1", "no connected worker offers all of arch=x,tag=t")]
    [InlineData("1 0 - -", "w - 0 - 3; v - 0 - 1", "all 4 slots of matching workers are busy")]
    [InlineData("1 0 - -", "w - 0 - 1", "the only slot of matching workers is busy")]
    [InlineData("1 0 - z", "w - 2 z 3", "builder z already has a job on every matching worker with a free slot")]
    [InlineData("1 0 colour=red -", "w - 1 - 1", "cannot start: its pool cannot be read: 'colour=red' is not a requirement; write arch=…, env=…, tag=… or worker=…")]
    [InlineData("1 0 - -; 2 1 - -", "w - 1 - 1", "jobs before it take the free slots")]
    public void A_ready_job_is_told_what_it_waits_for(string jobs, string workers, string sentence)
    {
        var waiting = MatchingText.Jobs(jobs).Select(j => new WaitingJob(j, [])).ToArray();

        Assert.Equal(sentence, WhyWaiting.Explain(waiting, MatchingText.Workers(workers))[0].Sentence);
    }

    [Theory]
    [InlineData("board:1:1", "waits for the lock board, which job 101 holds")]
    [InlineData("board:2:2", "waits for the lock board, which 2 jobs may hold at once; it is held by 101, 102")]
    [InlineData("board:4:5", "waits for the lock board, which 4 jobs may hold at once; it is held by 101, 102, 103 and 2 more")]
    [InlineData("board:2:1", "ready: goes to worker w next")]
    public void A_job_that_waits_for_a_lock_is_told_who_holds_it(string locks, string sentence)
    {
        var waiting = new WaitingJob(MatchingText.Jobs("1 0 - -")[0] with { Locks = ["board"] }, []);

        Assert.Equal(sentence, WhyWaiting.Explain([waiting], MatchingText.Workers("w - 1 - 1"), MatchingText.Locks(locks))[0].Sentence);
    }

    [Theory]
    [InlineData(false, true, false, "only build bots are connected, which cannot run a plan")]
    [InlineData(true, true, false, "ready: goes to worker w next")]
    [InlineData(true, false, true, "no build bot is connected, and recipes go to build bots alone (branch.bots.recipes in quern.yaml)")]
    [InlineData(false, false, true, "ready: goes to worker w next")]
    public void A_job_of_a_kind_that_nobody_takes_is_told_so(bool recipe, bool recipesOnly, bool plansOnly, string sentence)
    {
        var waiting = new WaitingJob(MatchingText.Jobs("1 0 - -")[0] with { IsRecipe = recipe }, []);
        var offers = MatchingText.Workers("w - 1 - 1").Select(w => w with { RecipesOnly = recipesOnly, PlansOnly = plansOnly }).ToArray();

        Assert.Equal(sentence, WhyWaiting.Explain([waiting], offers)[0].Sentence);
    }

    public static TheoryData<JobState[], string> Needs => new()
    {
        { [JobState.Running], "waits: its dependency n1 (job 1) is running" },
        { [JobState.Succeeded, JobState.Ready], "waits: its dependency n2 (job 2) waits for a worker" },
        { [JobState.Blocked, JobState.Running], "waits: its dependency n1 (job 1) waits for others itself, and 1 more is not done" },
        { [JobState.Running, JobState.Ready, JobState.Ready], "waits: its dependency n1 (job 1) is running, and 2 more are not done" },
        { [JobState.Running, JobState.Failed], "cannot start: its dependency n2 (job 2) failed" },
        { [JobState.Cancelled], "cannot start: its dependency n1 (job 1) was cancelled" },
        { [JobState.Skipped], "cannot start: its dependency n1 (job 1) was skipped" },
        { [JobState.Succeeded], "ready: goes to worker w next" },
    };

    [Theory, MemberData(nameof(Needs))]
    public void A_blocked_job_names_the_job_that_blocks_it(JobState[] states, string sentence)
    {
        ImmutableArray<WaitingNeed> needs = [.. states.Select((s, i) => new WaitingNeed($"n{i + 1}", i + 1, s))];
        var waiting = new WaitingJob(MatchingText.Jobs("9 0 - -")[0], needs);

        Assert.Equal(sentence, WhyWaiting.Explain([waiting], MatchingText.Workers("w - 1 - 1"))[0].Sentence);
    }

    [Fact]
    public void A_blocked_job_takes_no_place_from_a_ready_one()
    {
        var jobs = MatchingText.Jobs("1 9 - -; 2 0 - -");
        WaitingJob[] waiting = [new(jobs[0], [new WaitingNeed("zlib", 7, JobState.Running)]), new(jobs[1], [])];

        var sentences = WhyWaiting.Explain(waiting, MatchingText.Workers("w - 1 - 1")).Select(s => s.Sentence);

        Assert.Equal(["waits: its dependency zlib (job 7) is running", "ready: goes to worker w next"], sentences);
    }
}
