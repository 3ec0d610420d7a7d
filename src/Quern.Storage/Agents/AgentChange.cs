namespace Quern.Storage;

/// <summary>What came of a change of an agent. In every case but the first nothing was changed.</summary>
public abstract record AgentChange
{
    private AgentChange() { }

    /// <param name="After">What it is now; of one that was forgotten what it was.</param>
    public sealed record Saved(StoredAgent Before, StoredAgent After) : AgentChange;

    public sealed record NotFound : AgentChange;

    /// <summary>Not possible as the agent is now.</summary>
    public sealed record WrongState(AgentState State) : AgentChange;

    /// <summary>Another worker has the name.</summary>
    public sealed record NameTaken : AgentChange;
}
