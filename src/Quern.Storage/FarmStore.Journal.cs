using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    /// <summary>The number of the newest committed event; 0 for an empty journal.</summary>
    public long LastSequence => _ring.Last;

    /// <summary>Events after a number, oldest first. A reader that goes on from the last number it got misses nothing.</summary>
    /// <param name="after">0 for the beginning.</param>
    /// <param name="limit">1 to 10,000.</param>
    public async Task<ImmutableArray<FarmEvent>> ReadJournalAsync(long after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 10_000);
        if (_ring.TryRead(after, limit, out var events)) return events;
        return await ReadAsync(session => JournalReading.ReadAsync(session, after, limit), cancellationToken);
    }

    /// <summary>Completes once an event with a greater number than <paramref name="sequence"/> is committed, by whatever process.</summary>
    public Task WaitPastAsync(long sequence, CancellationToken cancellationToken) =>
        _ring.WaitPastAsync(sequence, cancellationToken);
}
