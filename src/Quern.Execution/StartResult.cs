namespace Quern.Execution;

/// <summary>What became of a request to start a command.</summary>
public abstract record StartResult
{
    private StartResult() { }

    public sealed record Started(RunningCommand Command) : StartResult;

    /// <param name="Failure">For the master: an unknown name, a missing or wrong argument.</param>
    public sealed record Refused(CommandFailure Failure) : StartResult;
}
