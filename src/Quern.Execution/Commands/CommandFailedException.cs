namespace Quern.Execution;

/// <summary>The command could not be run at all; the text, which names a Python exception type, goes into its completion.</summary>
internal sealed class CommandFailedException : Exception
{
    public CommandFailedException() { }

    public CommandFailedException(string message) : base(message) { }

    public CommandFailedException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Worded as a stock worker words a failure, without its file names.</summary>
    public static CommandFailedException Of(string pythonType, string message) =>
        new($"[Failure instance: Traceback: <class '{pythonType}'>: {message}\n]");
}
