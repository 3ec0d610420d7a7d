namespace Quern.Protocols.Perspective;

/// <summary>Objects of ours that the peer holds, with how many times it was sent each. Not safe for many threads.</summary>
internal sealed class ExportTable(int limit)
{
    private readonly Dictionary<long, Export> _byId = [];
    private readonly Dictionary<ILocalObject, long> _ids = new(ReferenceEqualityComparer.Instance);
    private long _last;   // ids are never used twice

    private sealed class Export(ILocalObject target)
    {
        public ILocalObject Target { get; } = target;

        public int Count { get; set; }

        /// <summary>Its id was asked for and not sent since: a release that crosses must not make the id a dead one.</summary>
        public bool Reserved { get; set; }
    }

    public int Live => _byId.Count;

    /// <summary>The id of an object, the same for as long as it is live.</summary>
    /// <exception cref="InvalidOperationException">The peer holds as many objects as it may.</exception>
    public long IdOf(ILocalObject target)
    {
        if (_ids.TryGetValue(target, out long id))
        {
            _byId[id].Reserved = true;
            return id;
        }
        if (_byId.Count >= limit) throw new InvalidOperationException($"Maximum PB reference count exceeded: the peer holds {limit} objects.");
        id = ++_last;
        _byId.Add(id, new Export(target) { Reserved = true });
        _ids.Add(target, id);
        return id;
    }

    public ILocalObject? Find(long id) => _byId.TryGetValue(id, out var export) ? export.Target : null;

    /// <summary>Whether the id was ever given out.</summary>
    public bool Knows(long id) => id > 0 && id <= _last;

    /// <summary>The object is being sent once more.</summary>
    public void Sent(long id)
    {
        if (!_byId.TryGetValue(id, out var export)) return;
        export.Count++;
        export.Reserved = false;
    }

    /// <summary>The peer let go once. False for one it does not hold; one that is gone is fine, for it may have been withdrawn.</summary>
    /// <param name="id">What it names.</param>
    /// <param name="gone">The object, when the peer does not hold it any more.</param>
    public bool Released(long id, out ILocalObject? gone)
    {
        gone = null;
        if (!Knows(id)) return false;
        if (!_byId.TryGetValue(id, out var export)) return true;
        if (export.Count == 0) return false;
        if (--export.Count > 0 || export.Reserved) return true;
        gone = export.Target;
        Withdraw(id);
        return true;
    }

    /// <summary>Forgets an object if it is there.</summary>
    public void Withdraw(ILocalObject target)
    {
        if (_ids.TryGetValue(target, out long id)) Withdraw(id);
    }

    /// <summary>Forgets an object whatever the peer still holds.</summary>
    public void Withdraw(long id)
    {
        if (_byId.Remove(id, out var export)) _ids.Remove(export.Target);
    }

    /// <summary>The connection is over.</summary>
    public void Clear()
    {
        _byId.Clear();
        _ids.Clear();
    }
}
