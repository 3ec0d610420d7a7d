namespace Quern.Scheduling.Matching;

/// <summary>The places of one choice and what is left of them. Used by one call only.</summary>
internal sealed class Places
{
    private readonly IReadOnlyList<WorkerOffer> _offers;
    private readonly int[] _free;
    private readonly int[] _rank;
    private readonly HashSet<(int Offer, string Builder)> _busy = [];
    private readonly Dictionary<(string Text, bool IsRecipe), Pool> _pools = [];
    private readonly bool _severalOfABuilder;

    public Places(IReadOnlyList<WorkerOffer> offers, MatchingPolicy policy)
    {
        _offers = offers;
        _severalOfABuilder = policy.SeveralJobsOfABuilder;
        _free = [.. offers.Select(o => Math.Max(0, o.FreeSlots))];
        FreeInAll = _free.Sum(f => (long)f);
        var order = Enumerable.Range(0, offers.Count).OrderBy(i => offers[i].Rating).ThenBy(i => offers[i].Name.Value, StringComparer.Ordinal).ToArray();
        _rank = new int[offers.Count];
        for (int rank = 0; rank < order.Length; rank++) _rank[order[rank]] = rank;
        for (int i = 0; i < offers.Count; i++)
            foreach (string builder in offers[i].BusyBuilders) _busy.Add((i, builder));
    }

    public long FreeInAll { get; private set; }

    /// <summary>Takes a place for the job: on the matching worker with most free places; among equals the fastest, then the first by name.</summary>
    public bool TryTake(ReadyCandidate job, out int offer)
    {
        offer = -1;
        var pool = PoolOf(job);
        // Places only ever get fewer and builders busier, so what failed once fails for the rest of the choice.
        if (pool.Queue.Count == 0 || pool.Failed.Contains(job.Builder)) return false;
        bool bound = job.Builder.Length > 0 && !_severalOfABuilder;
        var setAside = new List<int>();
        while (offer < 0 && pool.Queue.TryDequeue(out int candidate, out var seen))
        {
            if (_free[candidate] == 0) continue;
            if (-seen.NegatedFree != _free[candidate]) pool.Queue.Enqueue(candidate, PlaceInQueue(candidate));   // taken by way of another pool
            else if (bound && _busy.Contains((candidate, job.Builder))) setAside.Add(candidate);
            else offer = candidate;
        }
        if (offer >= 0)
        {
            _free[offer]--;
            FreeInAll--;
            if (bound) _busy.Add((offer, job.Builder));
            if (_free[offer] > 0) pool.Queue.Enqueue(offer, PlaceInQueue(offer));
        }
        else
        {
            pool.Failed.Add(job.Builder);
        }
        foreach (int candidate in setAside) pool.Queue.Enqueue(candidate, PlaceInQueue(candidate));
        return offer >= 0;
    }

    private (int NegatedFree, int Rank) PlaceInQueue(int offer) => (-_free[offer], _rank[offer]);

    private Pool PoolOf(ReadyCandidate job)
    {
        if (_pools.TryGetValue((job.Pool, job.IsRecipe), out var pool)) return pool;
        pool = new Pool();
        if (PoolRule.TryParse(job.Pool, out var rule, out _))
            for (int i = 0; i < _offers.Count; i++)
                if (_free[i] > 0 && _offers[i].CanDo(job) && rule.IsMetBy(_offers[i])) pool.Queue.Enqueue(i, PlaceInQueue(i));
        return _pools[(job.Pool, job.IsRecipe)] = pool;
    }

    /// <summary>The workers one pool text is met by.</summary>
    private sealed class Pool
    {
        /// <summary>Workers with a free place, by what was free when they were put in; an older entry is put right when it comes out.</summary>
        public PriorityQueue<int, (int NegatedFree, int Rank)> Queue { get; } = new();

        /// <summary>Builders that found no worker in this pool.</summary>
        public HashSet<string> Failed { get; } = new(StringComparer.Ordinal);
    }
}
