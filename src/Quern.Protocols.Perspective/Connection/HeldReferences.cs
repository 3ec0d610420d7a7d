namespace Quern.Protocols.Perspective;

/// <summary>References of the peer that we hold, with how many releases each is owed. Not safe for many threads.</summary>
internal sealed class HeldReferences
{
    private readonly Dictionary<long, (int Owed, bool Taken)> _held = [];

    /// <summary>Releases owed in all.</summary>
    public int Owed { get; private set; }

    /// <summary>
    /// The peer sent a reference. True when a release must be sent at once: it is kept already, and a peer that hands out the same
    /// object again and again must not be held to more than one.
    /// </summary>
    public bool Received(long id)
    {
        _held.TryGetValue(id, out var held);
        if (held.Taken) return true;
        _held[id] = (held.Owed + 1, false);
        Owed++;
        return false;
    }

    /// <summary>Keeps a reference beyond the message that brought it. False when the peer did not give it.</summary>
    public bool Take(long id)
    {
        if (!_held.TryGetValue(id, out var held)) return false;
        _held[id] = (held.Owed, true);
        return true;
    }

    /// <summary>The message that brought a reference is over: true when a release must be sent, because nobody took it.</summary>
    public bool Drop(long id)
    {
        if (!_held.TryGetValue(id, out var held) || held.Taken) return false;
        Owed--;
        if (held.Owed == 1) _held.Remove(id);
        else _held[id] = (held.Owed - 1, false);
        return true;
    }

    /// <summary>Lets go of a reference; how many releases must be sent.</summary>
    public int Release(long id)
    {
        if (!_held.Remove(id, out var held)) return 0;
        Owed -= held.Owed;
        return held.Owed;
    }

    /// <summary>The connection is over.</summary>
    public void Clear()
    {
        _held.Clear();
        Owed = 0;
    }
}
