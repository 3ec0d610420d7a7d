namespace Quern.Execution;

/// <summary>The command cannot be constructed from what the master sent; the failure is the answer to its start.</summary>
internal sealed class CommandRefusedException : Exception
{
    public CommandRefusedException() { }

    public CommandRefusedException(string message) : base(message) => Failure = CommandFailure.Of("ValueError", message);

    public CommandRefusedException(string message, Exception inner) : base(message, inner) => Failure = CommandFailure.Of("ValueError", message);

    public CommandFailure Failure { get; private init; } = CommandFailure.Of("ValueError", "the command was refused");

    /// <summary>No command has that name.</summary>
    public static CommandRefusedException Unknown(string name)
    {
        string message = $"unrecognized WorkerCommand '{name}'";
        return new(message) { Failure = new CommandFailure("buildbot_worker.base.UnknownCommand", message) };
    }
}
