namespace Quern.Cli;

/// <summary>Ends a command with a message for people; caught in one place.</summary>
internal sealed class CommandFailedException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
