namespace Quern.MasterHost.Listeners;

/// <summary>
/// Decides which refused logins are worth keeping: one per name in ten minutes, and of few names at a time, so that a peer
/// that tries for ever and a stranger who invents names cannot fill the journal. Safe to call from many threads.
/// </summary>
internal sealed class RefusalNotes(TimeProvider time)
{
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);

    /// <summary>Names that are remembered at once.</summary>
    public const int MaxNames = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, DateTimeOffset> _kept = new(StringComparer.Ordinal);

    /// <summary>Whether this refusal is to be kept.</summary>
    public bool Take(string name)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (_kept.TryGetValue(name, out var last) && now - last < Pause) return false;
            if (_kept.Count >= MaxNames)
                foreach (var (old, at) in _kept)
                    if (now - at >= Pause) _kept.Remove(old);
            if (_kept.Count >= MaxNames && !_kept.ContainsKey(name)) return false;
            _kept[name] = now;
            return true;
        }
    }
}
