using Quern.Model;

namespace Quern.Peers.Buildbot;

/// <summary>Which link is the current one of each name. The newest wins; the one before it is closed.</summary>
public sealed class LinkRegistry
{
    private readonly Lock _gate = new();
    private readonly Dictionary<WorkerName, IWorkerLink> _links = [];

    /// <summary>A snapshot, in the order of names.</summary>
    public IReadOnlyList<IWorkerLink> Links
    {
        get
        {
            lock (_gate) return [.. _links.OrderBy(pair => pair.Key.Value, StringComparer.Ordinal).Select(pair => pair.Value)];
        }
    }

    public IWorkerLink? Find(WorkerName name)
    {
        lock (_gate) return _links.GetValueOrDefault(name);
    }

    /// <summary>Makes <paramref name="link"/> the one of its name and closes the one it replaces.</summary>
    public void Take(IWorkerLink link)
    {
        ArgumentNullException.ThrowIfNull(link);
        IWorkerLink? older;
        lock (_gate)
        {
            _links.Remove(link.Description.Name, out older);
            _links.Add(link.Description.Name, link);
        }

        older?.Close("a newer connection of the same name took its place");
    }

    /// <summary>Forgets <paramref name="link"/>, unless another has its name by now.</summary>
    public void Remove(IWorkerLink link)
    {
        ArgumentNullException.ThrowIfNull(link);
        lock (_gate)
            if (_links.TryGetValue(link.Description.Name, out IWorkerLink? current) && ReferenceEquals(current, link))
                _links.Remove(link.Description.Name);
    }
}
