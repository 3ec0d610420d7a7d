using System.Collections.Immutable;

namespace Quern.Scheduling.Matching;

/// <summary>The room that is left in the locks of one choice. Used by one call only.</summary>
internal sealed class LockRooms(IReadOnlyCollection<LockOffer> locks)
{
    private readonly Dictionary<string, int> _left = locks.ToDictionary(l => l.Name, l => l.Most - l.Holders.Length, StringComparer.Ordinal);

    /// <summary>Whether all of them have room.</summary>
    public bool Allow(ImmutableArray<string> wanted)
    {
        foreach (string name in wanted)
            if (_left.TryGetValue(name, out int left) && left <= 0) return false;
        return true;
    }

    public void Take(ImmutableArray<string> taken)
    {
        foreach (string name in taken)
            if (_left.TryGetValue(name, out int left)) _left[name] = left - 1;
    }
}
