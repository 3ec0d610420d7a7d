namespace Quern.WorkerHost;

/// <summary>The forms of the Branch protocol that this bot speaks, from the youngest.</summary>
internal enum BranchRevision
{
    /// <summary>JSON, <c>machine_version</c> 1.</summary>
    V21,

    /// <summary>JSON, <c>machine_version</c> 0.</summary>
    V20,

    /// <summary>Command words, in the form of 2023-03.</summary>
    V1b,
}
