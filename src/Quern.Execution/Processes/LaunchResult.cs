namespace Quern.Execution;

internal abstract record LaunchResult
{
    private LaunchResult() { }

    public sealed record Launched(ChildProcess Child) : LaunchResult;

    /// <param name="Error">The error number of the attempt.</param>
    /// <param name="Subject">Program or directory the error is about.</param>
    public sealed record Failed(int Error, string Subject) : LaunchResult;
}
