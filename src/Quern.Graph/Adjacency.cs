namespace Quern.Graph;

/// <summary>
/// The edges of a graph over 0..n-1 in two arrays: the targets of node i are <c>Targets[Starts[i]..Starts[i + 1]]</c>,
/// ascending and each once. Two arrays instead of a list per node keep 400,000 edges in the cache and off the collector.
/// </summary>
internal sealed class Adjacency
{
    private Adjacency(int[] starts, int[] targets) => (Starts, Targets) = (starts, targets);

    public int[] Starts { get; }

    public int[] Targets { get; }

    public int Count => Starts.Length - 1;

    public ReadOnlySpan<int> this[int node] => Targets.AsSpan(Starts[node], Starts[node + 1] - Starts[node]);

    /// <summary>Takes rows of targets in any order, with repetitions.</summary>
    public static Adjacency FromRows(int count, Func<int, IEnumerable<int>> rowOf)
    {
        var starts = new int[count + 1];
        var targets = new List<int>(count * 4);
        var row = new List<int>();
        for (int node = 0; node < count; node++)
        {
            row.Clear();
            row.AddRange(rowOf(node));
            row.Sort();
            for (int i = 0; i < row.Count; i++)
                if (i == 0 || row[i] != row[i - 1]) targets.Add(row[i]);
            starts[node + 1] = targets.Count;
        }
        return new Adjacency(starts, [.. targets]);
    }

    /// <summary>Every edge turned round.</summary>
    public Adjacency Reverse()
    {
        var starts = new int[Count + 1];
        foreach (int target in Targets) starts[target + 1]++;
        for (int i = 0; i < Count; i++) starts[i + 1] += starts[i];
        var next = starts.AsSpan(0, Count).ToArray();
        var targets = new int[Targets.Length];
        // Sources come in ascending order, so every reversed row is ascending too.
        for (int source = 0; source < Count; source++)
            foreach (int target in this[source]) targets[next[target]++] = source;
        return new Adjacency(starts, targets);
    }
}
