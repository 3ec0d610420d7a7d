using System.Collections.Immutable;

namespace Quern.MasterHost.Agents;

/// <summary>All builds that are known: those that wait or run, and those that ended less than a day ago. Safe for many calls at once.</summary>
internal sealed class BuildBook
{
    /// <summary>Artifacts kept at most; the oldest make room. With 12 MiB each they take 3 GiB.</summary>
    public const int MaxKept = 256;

    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    private readonly Lock _lock = new();
    private readonly AgentShelf _shelf;
    private readonly TimeProvider _time;

    /// <summary>By id; written under the lock.</summary>
    private readonly Dictionary<string, AgentBuild> _builds;

    public BuildBook(AgentShelf shelf, TimeProvider time)
    {
        (_shelf, _time) = (shelf, time);
        _builds = shelf.Load().ToDictionary(b => b.Id);
        Sweep();
    }

    /// <summary>Newest first.</summary>
    public ImmutableArray<AgentBuild> List()
    {
        lock (_lock) return [.. _builds.Values.OrderByDescending(b => b.OrderedAt).ThenBy(b => b.Id, StringComparer.Ordinal)];
    }

    public AgentBuild? Find(string id)
    {
        lock (_lock) return _builds.GetValueOrDefault(id) is { } build && !(build.KeptUntil <= _time.GetUtcNow()) ? build : null;
    }

    public void Put(AgentBuild build)
    {
        lock (_lock) _builds[build.Id] = build;
    }

    /// <summary>A build that has not begun is as if it had never been ordered.</summary>
    public void Forget(string id)
    {
        lock (_lock) _builds.Remove(id);
    }

    /// <summary>Stores how a build ended, and until when it is known.</summary>
    public AgentBuild End(AgentBuild build)
    {
        var ended = build with { KeptUntil = _time.GetUtcNow() + KeptFor };
        _shelf.Keep(ended);
        Put(ended);
        return ended;
    }

    /// <summary>Forgets those whose day is over, and the oldest above the limit.</summary>
    public void Sweep()
    {
        var now = _time.GetUtcNow();
        List<AgentBuild> due;
        lock (_lock)
        {
            var ended = _builds.Values.Where(b => b.HasEnded).OrderByDescending(b => b.KeptUntil).ToList();
            due = [.. ended.Where((b, i) => b.KeptUntil <= now || i >= MaxKept)];
            foreach (var build in due) _builds.Remove(build.Id);
        }
        foreach (var build in due) _shelf.Remove(build.Id);
    }
}
