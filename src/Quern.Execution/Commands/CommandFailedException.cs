namespace Quern.Execution;

/// <summary>The command could not be run at all; the failure goes into its completion.</summary>
internal sealed class CommandFailedException : Exception
{
    public CommandFailedException() { }

    public CommandFailedException(string message) : base(message) { }

    public CommandFailedException(string message, Exception inner) : base(message, inner) { }

    public CommandFailure Failure { get; private init; } = CommandFailure.Of("RuntimeError", "the command failed");

    /// <summary>A built-in exception of Python is named without its module.</summary>
    public static CommandFailedException Of(string pythonType, string message) =>
        new(message) { Failure = CommandFailure.Of(pythonType, message) };
}
