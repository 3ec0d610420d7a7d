namespace Quern.Execution;

/// <summary>The master answered a request with an exception; the message is the master's text.</summary>
public sealed class MasterRefusedException : Exception
{
    public MasterRefusedException() { }

    public MasterRefusedException(string message) : base(message) { }

    public MasterRefusedException(string message, Exception inner) : base(message, inner) { }

    /// <summary>The class a stock worker sees the exception as; that of MessagePack unless the protocol carries one.</summary>
    public string PythonType { get; init; } = "buildbot_worker.msgpack.RemoteWorkerError";
}
