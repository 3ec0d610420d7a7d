using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Scheduling;

/// <summary>Whether jobs submitted together make sense, and how each starts.</summary>
public static class SubmissionRules
{
    /// <summary>Needs that are not themselves part of the submission, each once.</summary>
    public static ImmutableArray<JobId> OutsideNeeds(IReadOnlyCollection<JobWish> jobs)
    {
        var inside = jobs.Select(j => j.Id).ToHashSet();
        return [.. jobs.SelectMany(j => j.Needs).Where(n => !inside.Contains(n)).Distinct()];
    }

    /// <summary>Decides the first state of every job, in the order given.</summary>
    /// <param name="jobs">The jobs with their needs.</param>
    /// <param name="known">What the store knows of the needs outside.</param>
    /// <param name="continueOnFailure">Needs that ended badly do not skip their dependers.</param>
    /// <param name="refusal">Why the submission is refused; null when it is not.</param>
    /// <returns>One state per job; empty when refused.</returns>
    public static ImmutableArray<FirstState> Decide(
        ImmutableArray<JobWish> jobs, IReadOnlyDictionary<JobId, KnownNeed> known, bool continueOnFailure, out string? refusal)
    {
        var index = new Dictionary<JobId, int>(jobs.Length);
        for (int i = 0; i < jobs.Length; i++)
        {
            if (index.TryAdd(jobs[i].Id, i)) continue;
            refusal = $"The job id {jobs[i].Id} occurs twice in the submission.";
            return [];
        }
        foreach (var job in jobs)
        {
            foreach (var need in job.Needs)
            {
                if (index.ContainsKey(need) || known.ContainsKey(need)) continue;
                refusal = $"Job '{job.Title}' needs {need}, which is neither in the submission nor a known job.";
                return [];
            }
        }

        var order = NeedsFirst(jobs, index);
        if (order.Length < jobs.Length)
        {
            var placed = order.ToHashSet();
            var stuck = Enumerable.Range(0, jobs.Length).Where(i => !placed.Contains(i)).Take(5).Select(i => $"'{jobs[i].Title}'");
            refusal = $"Jobs need each other in a circle, or wait for one that does: {string.Join(", ", stuck)}.";
            return [];
        }

        var states = new FirstState[jobs.Length];
        foreach (int i in order)
            states[i] = Decide(jobs[i], jobs, states, index, known, continueOnFailure);
        refusal = null;
        return ImmutableArray.Create(states);
    }

    private static FirstState Decide(
        JobWish job, ImmutableArray<JobWish> jobs, FirstState[] states, Dictionary<JobId, int> index,
        IReadOnlyDictionary<JobId, KnownNeed> known, bool continueOnFailure)
    {
        int left = 0;
        foreach (var id in job.Needs.Distinct())
        {
            if (index.TryGetValue(id, out int inside))
            {
                if (states[inside].State != JobState.Skipped) left++;
                else if (!continueOnFailure)
                    return new FirstState(JobState.Skipped, 0, $"needs {jobs[inside].Title}, which was skipped");
                continue;
            }
            var need = known[id];
            if (!need.State.IsFinished()) left++;
            else if (JobRules.AfterNeed(need.State, 1, continueOnFailure) == DependerFate.Skip)
                return new FirstState(JobState.Skipped, 0, JobRules.SkipReason(need.Title, need.Number, need.State));
        }
        return new FirstState(left == 0 ? JobState.Ready : JobState.Blocked, left, "");
    }

    /// <summary>Indexes with every job after its needs; jobs on or behind a circle are left out.</summary>
    private static ImmutableArray<int> NeedsFirst(ImmutableArray<JobWish> jobs, Dictionary<JobId, int> index)
    {
        var waits = new int[jobs.Length];
        var dependers = new List<int>?[jobs.Length];
        var order = ImmutableArray.CreateBuilder<int>(jobs.Length);
        for (int i = 0; i < jobs.Length; i++)
        {
            foreach (var need in jobs[i].Needs.Distinct())
            {
                if (!index.TryGetValue(need, out int at)) continue;
                waits[i]++;
                (dependers[at] ??= []).Add(i);
            }
            if (waits[i] == 0) order.Add(i);
        }
        for (int done = 0; done < order.Count; done++)
            foreach (int depender in dependers[order[done]] ?? [])
                if (--waits[depender] == 0) order.Add(depender);
        return order.ToImmutable();
    }
}
