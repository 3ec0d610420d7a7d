namespace Quern.Storage;

/// <summary>The words of the database in lower case.</summary>
public enum AgentState
{
    /// <summary>It showed a good key, and somebody must let it in.</summary>
    Pending,

    Active,

    /// <summary>Somebody turned it away before it had a certificate.</summary>
    Rejected,

    /// <summary>Its certificates are worth nothing any more.</summary>
    Revoked,
}
