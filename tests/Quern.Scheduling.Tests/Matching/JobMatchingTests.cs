using Quern.Model;
using Quern.Scheduling.Matching;
using Xunit;

namespace Quern.Scheduling.Tests.Matching;

public sealed class JobMatchingTests
{
    // jobs: number priority pool builder; workers: name tags free busy builders. A dash stands for nothing.
    [Theory]
    [InlineData("1 0 - -", "w - 1 -", "1>w")]
    [InlineData("1 0 - -; 2 0 - -", "w - 1 -", "1>w")]
    [InlineData("1 0 - -; 2 5 - -", "w - 1 -", "2>w")]
    [InlineData("1 0 - -", "a - 1 -; b - 3 -", "1>b")]
    [InlineData("1 0 - -; 2 0 - -; 3 0 - -", "b - 2 -; a - 2 -", "1>a 2>b 3>a")]
    [InlineData("1 0 arch=arm64 -; 2 0 - -", "x arch=x86_64 1 -", "2>x")]
    [InlineData("1 0 arch=x86_64,tag=big -", "x arch=x86_64 9 -; y arch=x86_64+big 1 -", "1>y")]
    [InlineData("1 0 worker=b|c -", "a - 9 -; c - 1 -", "1>c")]
    [InlineData("1 0 env=release -; 2 0 env=cross -", "a env=release 2 -", "1>a")]
    [InlineData("1 0 - z; 2 0 - z; 3 0 - y", "a - 3 -", "1>a 3>a")]
    [InlineData("1 0 - z; 2 0 - z", "a - 3 -; b - 1 -", "1>a 2>b")]
    [InlineData("1 0 - z; 2 0 - -", "a - 3 z", "2>a")]
    [InlineData("1 0 nonsense -; 2 0 - -", "a - 1 -", "2>a")]
    [InlineData("1 0 - -", "a - 0 -", "")]
    [InlineData("1 0 tag=t -; 2 0 - -; 3 0 tag=t -", "a t 2 -; b - 2 -", "1>a 2>b 3>a")]
    public void Jobs_go_to_matching_workers_in_order(string jobs, string workers, string expected)
    {
        var ready = MatchingText.Jobs(jobs);

        var chosen = JobMatching.Choose(ready, MatchingText.Workers(workers));

        Assert.Equal(expected, string.Join(' ', chosen.Select(a => $"{ready.Single(j => j.Id == a.Job).Number}>{a.Worker}")));
    }

    // locks of each job, by number; then lock:most:held.
    [Theory]
    [InlineData("board|board|-", "board:1:0", "1 3")]
    [InlineData("board|board|board", "board:2:0", "1 2")]
    [InlineData("board|board|-", "board:1:1", "3")]
    [InlineData("board|board,licence|licence", "board:1:0 licence:1:0", "1 3")]
    [InlineData("board,licence|licence|-", "board:1:1 licence:1:0", "2 3")]
    [InlineData("gone|gone|gone", "", "1 2 3")]
    [InlineData("board|-|-", "board:1:5", "2 3")]
    public void Jobs_whose_locks_have_no_room_hold_nobody_back(string jobs, string locks, string expected)
    {
        var wanted = jobs.Split('|');
        var ready = MatchingText.Jobs("1 0 - -; 2 0 - -; 3 0 - -").Select((j, i) => j with { Locks = wanted[i] == "-" ? [] : [.. wanted[i].Split(',')] }).ToArray();

        var chosen = JobMatching.Choose(ready, MatchingText.Workers("a - 9 -"), MatchingText.Locks(locks));

        Assert.Equal(expected, string.Join(' ', chosen.Select(a => ready.Single(j => j.Id == a.Job).Number)));
    }

    [Fact]
    public void Among_workers_with_as_many_free_places_the_fastest_comes_first()
    {
        var workers = MatchingText.Workers("a - 1 -; b - 1 -; c - 1 -; d - 2 -");
        var rated = workers.Select((w, i) => w with { Rating = new[] { 100, 0.7, 0.5, 100 }[i] }).ToArray();

        var chosen = JobMatching.Choose(MatchingText.Jobs("1 0 - -; 2 0 - -; 3 0 - -; 4 0 - -; 5 0 - -"), rated);

        Assert.Equal("d c b a d", string.Join(' ', chosen.Select(c => c.Worker)));
    }

    [Fact]
    public void A_round_gives_out_no_more_than_its_bound()
    {
        var chosen = JobMatching.Choose(MatchingText.Jobs("1 0 - -; 2 0 - -; 3 0 - -"), MatchingText.Workers("a - 9 -"), new MatchingPolicy { MaxAssignments = 2 });

        Assert.Equal(2, chosen.Length);
    }

    [Fact]
    public void A_policy_may_allow_several_jobs_of_a_builder()
    {
        var chosen = JobMatching.Choose(MatchingText.Jobs("1 0 - z; 2 0 - z"), MatchingText.Workers("a - 9 z"), new MatchingPolicy { SeveralJobsOfABuilder = true });

        Assert.Equal(2, chosen.Length);
    }

    /// <summary>Against a model that looks at every worker for every job.</summary>
    [Fact]
    public void Random_farms_are_served_as_by_the_slow_model()
    {
        for (int seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            string[] pools = ["-", "tag=t", "arch=x|y", "worker=w1|w2", "tag=t,arch=x"];
            string[] tags = ["-", "t", "arch=x", "arch=x+t", "arch=y"];
            string[] builders = ["-", "p", "q"];
            var ready = MatchingText.Jobs(string.Join("; ", Enumerable.Range(1, random.Next(1, 12)).Select(i => $"{i} {random.Next(3)} {pools[random.Next(5)]} {builders[random.Next(3)]}")));
            var offers = MatchingText.Workers(string.Join("; ", Enumerable.Range(1, random.Next(1, 5)).Select(i => $"w{i} {tags[random.Next(5)]} {random.Next(4)} {builders[random.Next(3)]}")));

            var chosen = JobMatching.Choose(ready, offers);

            Assert.True(Model(ready, offers).SequenceEqual(chosen), $"seed {seed}");
        }
    }

    [Fact]
    public void A_hundred_thousand_waiting_jobs_fill_five_thousand_places()
    {
        var ready = Enumerable.Range(1, 100_000).Select(i => new ReadyCandidate(MatchingText.Id(i), i, 0, i % 2 == 0 ? "" : "tag=t", $"b{i % 70_000}")).ToArray();
        var offers = Enumerable.Range(0, 1_000).Select(i => new WorkerOffer(new WorkerName($"w{i}"), i % 2 == 0 ? ["t"] : [], 5, 5, [])).ToArray();

        var chosen = JobMatching.Choose(ready, offers, new MatchingPolicy { MaxAssignments = int.MaxValue });

        Assert.Equal(5_000, chosen.Length);
        Assert.Equal(5_000, chosen.Select(a => a.Job).Distinct().Count());
        Assert.All(chosen.CountBy(a => a.Worker), w => Assert.Equal(5, w.Value));
    }

    private static List<Assignment> Model(IEnumerable<ReadyCandidate> ready, WorkerOffer[] offers)
    {
        var free = offers.ToDictionary(o => o.Name, o => o.FreeSlots);
        var busy = offers.SelectMany(o => o.BusyBuilders.Select(b => (o.Name, b))).ToHashSet();
        var chosen = new List<Assignment>();
        foreach (var job in ready.OrderByDescending(j => j.Priority).ThenBy(j => j.Number))
        {
            Assert.True(PoolRule.TryParse(job.Pool, out var rule, out _));
            var worker = offers.Where(o => free[o.Name] > 0 && rule.IsMetBy(o) && (job.Builder == "" || !busy.Contains((o.Name, job.Builder))))
                .OrderByDescending(o => free[o.Name]).ThenBy(o => o.Name.Value, StringComparer.Ordinal).FirstOrDefault();
            if (worker is null) continue;
            free[worker.Name]--;
            if (job.Builder != "") busy.Add((worker.Name, job.Builder));
            chosen.Add(new Assignment(job.Id, worker.Name));
        }
        return chosen;
    }

    [Fact]
    public void Recipes_and_plans_of_one_pool_go_to_those_that_take_them()
    {
        var jobs = MatchingText.Jobs("1 0 - -; 2 0 - -; 3 0 - -; 4 0 - -").Select(j => j with { IsRecipe = j.Number % 2 == 0 }).ToArray();
        var workers = MatchingText.Workers("bot - 1 -; a - 1 -; b - 1 -")
            .Select(w => w with { RecipesOnly = w.Name.Value == "bot", PlansOnly = w.Name.Value == "b" }).ToArray();

        var chosen = JobMatching.Choose(jobs, workers).ToDictionary(c => c.Job, c => c.Worker.Value);

        Assert.Equal(["a", "bot", "b"], new[] { 1, 2, 3 }.Select(n => chosen[MatchingText.Id(n)]));
        Assert.DoesNotContain(MatchingText.Id(4), chosen.Keys);
    }
}
