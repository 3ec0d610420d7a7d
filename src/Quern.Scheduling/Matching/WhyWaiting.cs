using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Scheduling.Matching;

/// <summary>Says in one sentence why each queued job does not run; by the same rules as <see cref="JobMatching"/>.</summary>
public static class WhyWaiting
{
    /// <summary>One sentence per job, without a full stop at the end, in the order given.</summary>
    public static ImmutableArray<(JobId Job, string Sentence)> Explain(
        IReadOnlyList<WaitingJob> waiting, IReadOnlyList<WorkerOffer> offers, IReadOnlyCollection<LockOffer> locks, MatchingPolicy? policy = null)
    {
        var ready = waiting.Where(w => FirstOpenNeed(w) is null).Select(w => w.Job).ToArray();
        var next = JobMatching.Choose(ready, offers, locks, policy).ToDictionary(a => a.Job, a => a.Worker);
        var byPool = new Dictionary<(string Pool, bool IsRecipe), (string? Refusal, WorkerOffer[] Matching)>();
        return
        [
            .. waiting.Select(w => (w.Job.Id, FirstOpenNeed(w) is { } need ? NeedSentence(w, need) : PlaceSentence(w.Job))),
        ];

        string PlaceSentence(ReadyCandidate job)
        {
            if (next.TryGetValue(job.Id, out var worker)) return $"ready: goes to worker {worker} next";
            if (!byPool.TryGetValue((job.Pool, job.IsRecipe), out var pool))
                byPool[(job.Pool, job.IsRecipe)] = pool = LookAtPool(job, [.. offers.Where(o => o.CanDo(job))], offers.Count > 0);
            return pool.Refusal ?? LockSentence(job, locks) ?? BusySentence(job, pool.Matching);
        }
    }

    /// <summary>As the other, for a farm without locks.</summary>
    public static ImmutableArray<(JobId Job, string Sentence)> Explain(IReadOnlyList<WaitingJob> waiting, IReadOnlyList<WorkerOffer> offers, MatchingPolicy? policy = null) =>
        Explain(waiting, offers, [], policy);

    private static WaitingNeed? FirstOpenNeed(WaitingJob waiting)
    {
        WaitingNeed? first = null;
        foreach (var need in waiting.Needs)
        {
            if (need.State == JobState.Succeeded) continue;
            // A need that has ended without success will never let the job run: say that before anything else.
            if (need.State.IsFinished()) return need;
            first ??= need;
        }
        return first;
    }

    private static string NeedSentence(WaitingJob waiting, WaitingNeed need)
    {
        string state = need.State switch
        {
            JobState.Running => "is running",
            JobState.Ready => "waits for a worker",
            JobState.Blocked => "waits for others itself",
            JobState.Failed => "failed",
            JobState.Cancelled => "was cancelled",
            JobState.Skipped => "was skipped",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (need.State.IsFinished()) return $"cannot start: its dependency {need.Title} (job {need.Number}) {state}";
        int others = waiting.Needs.Count(n => n.State != JobState.Succeeded) - 1;
        string more = others switch { 0 => "", 1 => ", and 1 more is not done", _ => $", and {others} more are not done" };
        return $"waits: its dependency {need.Title} (job {need.Number}) {state}{more}";
    }

    private static (string? Refusal, WorkerOffer[] Matching) LookAtPool(ReadyCandidate job, WorkerOffer[] offers, bool anyConnected)
    {
        if (!PoolRule.TryParse(job.Pool, out var rule, out string? problem)) return ($"cannot start: its pool cannot be read: {problem.TrimEnd('.')}", []);
        if (offers.Length == 0)
        {
            string none = !anyConnected ? "no worker is connected"
                : job.IsRecipe ? "no build bot is connected, and recipes go to build bots alone (branch.bots.recipes in quern.yaml)"
                : "only build bots are connected, which cannot run a plan";
            return (none, []);
        }
        var matching = offers.Where(rule.IsMetBy).ToArray();
        if (matching.Length > 0) return (null, matching);
        var missing = rule.Requirements.FirstOrDefault(r => !offers.Any(r.IsMetBy));
        return (missing is null ? $"no connected worker offers all of {rule}" : Missing(missing), []);
    }

    private static string Missing(PoolRule.Requirement requirement) => requirement.Key == "worker"
        ? $"worker {string.Join(" or ", requirement.Alternatives)} is not connected"
        : $"no connected worker offers {requirement}";

    /// <summary>Null when its locks have room.</summary>
    private static string? LockSentence(ReadyCandidate job, IReadOnlyCollection<LockOffer> locks)
    {
        if (locks.FirstOrDefault(l => job.Locks.Contains(l.Name) && l.Holders.Length >= l.Most) is not { } full) return null;
        string holders = string.Join(", ", full.Holders.Take(3)) + (full.Holders.Length > 3 ? $" and {full.Holders.Length - 3} more" : "");
        return full.Most == 1
            ? $"waits for the lock {full.Name}, which job {holders} holds"
            : $"waits for the lock {full.Name}, which {full.Most} jobs may hold at once; it is held by {holders}";
    }

    private static string BusySentence(ReadyCandidate job, WorkerOffer[] matching)
    {
        int slots = matching.Sum(m => m.Slots);
        if (slots == 0) return "the matching workers have no slots";
        var free = matching.Where(m => m.FreeSlots > 0).ToArray();
        if (free.Length == 0) return slots == 1 ? "the only slot of matching workers is busy" : $"all {slots} slots of matching workers are busy";
        if (job.Builder.Length > 0 && free.All(m => m.BusyBuilders.Contains(job.Builder)))
            return $"builder {job.Builder} already has a job on every matching worker with a free slot";
        return "jobs before it take the free slots";
    }
}
