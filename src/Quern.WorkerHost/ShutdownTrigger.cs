namespace Quern.WorkerHost;

/// <summary>How an administrator of the worker's machine asks for an end that waits for the running builds.</summary>
internal enum ShutdownTrigger
{
    None,

    /// <summary>SIGHUP.</summary>
    Signal,

    /// <summary>The file <c>shutdown.stamp</c> in the worker's folder is made or touched.</summary>
    File,
}
