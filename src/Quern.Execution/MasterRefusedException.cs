namespace Quern.Execution;

/// <summary>The master answered a request with an exception; the message is the master's text.</summary>
public sealed class MasterRefusedException : Exception
{
    public MasterRefusedException() { }

    public MasterRefusedException(string message) : base(message) { }

    public MasterRefusedException(string message, Exception inner) : base(message, inner) { }
}
