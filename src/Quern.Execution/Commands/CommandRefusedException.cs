namespace Quern.Execution;

/// <summary>The command cannot be constructed from what the master sent; the message is the answer to its start.</summary>
internal sealed class CommandRefusedException : Exception
{
    public CommandRefusedException() { }

    public CommandRefusedException(string message) : base(message) { }

    public CommandRefusedException(string message, Exception inner) : base(message, inner) { }
}
