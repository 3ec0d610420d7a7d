namespace Quern.Graph;

/// <summary>
/// Strongly connected components of the part of a graph that <c>included</c> names, by Tarjan's algorithm with a stack of its
/// own: a chain of 40,000 packages would overflow the thread's.
/// </summary>
internal sealed class Components
{
    private Components(int[] of, int count) => (Of, Count) = (of, count);

    /// <summary>Component of each node, -1 for nodes left out. A component's number is greater than those of everything it leads to.</summary>
    public int[] Of { get; }

    public int Count { get; }

    public static Components Find(Adjacency edges, bool[] included)
    {
        const int Unseen = -1;
        int n = edges.Count;
        var component = new int[n];
        var index = new int[n];
        var low = new int[n];
        var nextEdge = new int[n];
        Array.Fill(component, -1);
        Array.Fill(index, Unseen);
        var open = new int[n];    // Tarjan's stack: nodes whose component is not known yet
        var path = new int[n];    // the walk from the root to the current node
        int openCount = 0, clock = 0, count = 0;

        for (int root = 0; root < n; root++)
        {
            if (!included[root] || index[root] != Unseen) continue;
            int depth = 0;
            path[0] = root;
            index[root] = low[root] = clock++;
            nextEdge[root] = edges.Starts[root];
            open[openCount++] = root;
            while (depth >= 0)
            {
                int node = path[depth];
                if (nextEdge[node] < edges.Starts[node + 1])
                {
                    int target = edges.Targets[nextEdge[node]++];
                    if (!included[target]) continue;
                    if (index[target] == Unseen)
                    {
                        index[target] = low[target] = clock++;
                        nextEdge[target] = edges.Starts[target];
                        open[openCount++] = target;
                        path[++depth] = target;
                    }
                    else if (component[target] < 0)
                    {
                        low[node] = Math.Min(low[node], index[target]);
                    }
                    continue;
                }
                depth--;
                if (depth >= 0) low[path[depth]] = Math.Min(low[path[depth]], low[node]);
                if (low[node] != index[node]) continue;
                int member;
                do
                {
                    member = open[--openCount];
                    component[member] = count;
                }
                while (member != node);
                count++;
            }
        }
        return new Components(component, count);
    }
}
