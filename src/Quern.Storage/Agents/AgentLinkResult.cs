namespace Quern.Storage;

/// <summary>What became of a new link to an agent's build.</summary>
public enum AgentLinkResult
{
    Saved,

    /// <summary>The build is gone.</summary>
    NoBuild,

    /// <summary>As many are open as one group may have.</summary>
    GroupFull,

    /// <summary>As many are open as the whole farm may have.</summary>
    FarmFull,
}
