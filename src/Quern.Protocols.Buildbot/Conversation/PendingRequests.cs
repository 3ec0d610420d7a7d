using System.Diagnostics.CodeAnalysis;

namespace Quern.Protocols.Buildbot;

/// <summary>
/// One side's requests that wait for their response: numbers 0, 1, 2, ... and for each whatever the owner keeps. Not safe for
/// threads; the connection that owns it guards it.
/// </summary>
public sealed class PendingRequests<T>
{
    private readonly Dictionary<long, T> _waiting = [];
    private long _next;

    public int Count => _waiting.Count;

    /// <summary>Takes the next number for a request.</summary>
    public long Add(T request)
    {
        _waiting.Add(_next, request);
        return _next++;
    }

    /// <summary>
    /// Ends the wait of a request. False when no such request waits: the peer answered nothing, or twice, which breaks the
    /// protocol and the connection with it.
    /// </summary>
    public bool TryTake(long sequenceNumber, [MaybeNullWhen(false)] out T request) =>
        _waiting.Remove(sequenceNumber, out request);

    /// <summary>Everything that still waits, in the order of its numbers; the table is empty afterwards.</summary>
    public IReadOnlyList<T> TakeAll()
    {
        T[] all = [.. _waiting.OrderBy(pair => pair.Key).Select(pair => pair.Value)];
        _waiting.Clear();
        return all;
    }
}
