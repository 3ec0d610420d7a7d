using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Quern.Model;
using Xunit;

namespace Quern.Scheduling.Tests;

public sealed class SubmissionRulesTests
{
    private static readonly IReadOnlyDictionary<JobId, KnownNeed> NothingKnown = ImmutableDictionary<JobId, KnownNeed>.Empty;

    private static JobId Id(int number) => new(new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]));

    private static JobWish Wish(int number, params int[] needs) => new(Id(number), $"job {number}", [.. needs.Select(Id)]);

    [Fact]
    public void A_chain_starts_at_its_foot_in_whatever_order_it_is_given()
    {
        var states = SubmissionRules.Decide([Wish(3, 2), Wish(2, 1), Wish(1)], NothingKnown, false, out var refusal);

        Assert.Null(refusal);
        Assert.Equal([(JobState.Blocked, 1), (JobState.Blocked, 1), (JobState.Ready, 0)], states.Select(s => (s.State, s.NeedsLeft)));
    }

    [Fact]
    public void A_need_named_twice_counts_once()
    {
        var states = SubmissionRules.Decide([Wish(1), Wish(2, 1, 1)], NothingKnown, false, out _);

        Assert.Equal(1, states[1].NeedsLeft);
    }

    [Fact]
    public void A_known_need_counts_as_it_stands()
    {
        var known = new[] { (10, JobState.Running), (11, JobState.Succeeded), (12, JobState.Cancelled) }
            .ToDictionary(k => Id(k.Item1), k => new KnownNeed(Id(k.Item1), k.Item1, $"known {k.Item1}", k.Item2));

        var states = SubmissionRules.Decide([Wish(1, 10), Wish(2, 11), Wish(3, 12), Wish(4, 3)], known, false, out _);

        Assert.Equal([JobState.Blocked, JobState.Ready, JobState.Skipped, JobState.Skipped], states.Select(s => s.State));
        Assert.Equal("needs known 12 (job 12), which was cancelled", states[2].Reason);
        Assert.Equal("needs job 3, which was skipped", states[3].Reason);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        SubmissionRules.Decide([Wish(1), Wish(1)], NothingKnown, false, out var twice);
        SubmissionRules.Decide([Wish(1, 9)], NothingKnown, false, out var unknown);
        SubmissionRules.Decide([Wish(1, 2), Wish(2, 1)], NothingKnown, false, out var circle);

        Assert.Contains("twice", twice, StringComparison.Ordinal);
        Assert.Contains("neither in the submission nor a known job", unknown, StringComparison.Ordinal);
        Assert.Contains("circle", circle, StringComparison.Ordinal);
    }

    [Fact]
    public void A_circle_is_refused_exactly_when_a_slow_search_finds_one() =>
        Prop.ForAll(Gen.Choose(0, 6).Two().ListOf().ToArbitrary(), edges =>
        {
            var jobs = Enumerable.Range(0, 7)
                .Select(i => Wish(i, [.. edges.Where(e => e.Item1 == i).Select(e => e.Item2)])).ToImmutableArray();

            SubmissionRules.Decide(jobs, NothingKnown, false, out var refusal);

            return refusal is not null == Enumerable.Range(0, 7).Any(i => Reaches(edges, i, i));
        }).QuickCheckThrowOnFailure();

    private static bool Reaches(IEnumerable<(int From, int To)> edges, int from, int to)
    {
        var list = edges.ToList();
        var seen = new HashSet<int>();
        var open = new Stack<int>([from]);
        while (open.TryPop(out int at))
        {
            foreach (int next in list.Where(e => e.From == at).Select(e => e.To))
            {
                if (next == to) return true;
                if (seen.Add(next)) open.Push(next);
            }
        }
        return false;
    }
}
