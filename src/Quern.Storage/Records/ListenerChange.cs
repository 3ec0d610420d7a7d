namespace Quern.Storage;

/// <summary>What came of a change of listeners. In every case but the first nothing was changed.</summary>
public abstract record ListenerChange
{
    private ListenerChange() { }

    /// <param name="Listener">As it is stored now.</param>
    public sealed record Saved(StoredListener Listener) : ListenerChange;

    public sealed record NotFound : ListenerChange;

    /// <summary>Somebody else changed it since it was read.</summary>
    /// <param name="Revision">Of now.</param>
    public sealed record Outdated(long Revision) : ListenerChange;

    public sealed record NameTaken : ListenerChange;

    /// <summary>The account that is to own it is not there.</summary>
    public sealed record UnknownOwner : ListenerChange;
}
