namespace Quern.MasterHost.Agents;

/// <summary>The words of the API in lower case.</summary>
internal enum AgentUpgradeState
{
    Waiting,

    /// <summary>It finishes what it runs.</summary>
    Draining,

    /// <summary>It gets the program.</summary>
    Sending,

    /// <summary>It starts it, and is to join by it.</summary>
    Trying,

    Done,

    /// <summary>It runs this program already, and was left alone.</summary>
    Current,

    /// <summary>It did not join by it and went on with the one before; or it never got so far.</summary>
    Failed,

    /// <summary>It was not here, there is no program for it, or one before it failed.</summary>
    Skipped,
}
