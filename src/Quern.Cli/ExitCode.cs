namespace Quern.Cli;

/// <summary>How <c>quern</c> ends; scripts rely on the numbers.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The build or the request failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line was wrong.</summary>
    public const int Usage = 2;

    /// <summary>No connection, or not allowed.</summary>
    public const int NoAccess = 3;

    /// <summary>Allowed, once the password was given again: <c>quern account step-up</c>, and the command once more.</summary>
    public const int StepUp = 4;
}
