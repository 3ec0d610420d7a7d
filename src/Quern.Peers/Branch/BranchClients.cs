using System.Collections.Immutable;
using Quern.Protocols.Branch;

namespace Quern.Peers.Branch;

/// <summary>The clients that are here, in the order they came. Safe to call from many connections.</summary>
public sealed class BranchClients
{
    private readonly Lock _lock = new();
    private readonly LinkedList<BranchClient> _clients = [];

    public void Add(BranchClient client)
    {
        lock (_lock) _clients.AddLast(client);
    }

    public void Remove(BranchClient client)
    {
        lock (_lock) _clients.Remove(client);
    }

    public ImmutableArray<BranchClient> Controllers()
    {
        lock (_lock) return [.. _clients.Where(c => c.Role == BranchRole.Controller)];
    }
}
