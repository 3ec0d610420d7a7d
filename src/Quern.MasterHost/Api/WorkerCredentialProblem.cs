namespace Quern.MasterHost.Api;

/// <summary>Why a worker gets no other password.</summary>
internal enum WorkerCredentialProblem
{
    None,
    NoWorker,

    /// <summary>There is a worker of that name.</summary>
    Taken,

    /// <summary>Its password stands in the configuration file.</summary>
    OfFile,

    /// <summary>It has a certificate.</summary>
    OfAgent,
}
