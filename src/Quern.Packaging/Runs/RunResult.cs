namespace Quern.Packaging.Runs;

/// <summary>How a program of a package ended.</summary>
/// <param name="ExitCode">97 when the sandbox cannot be made here.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Errors">The end of its standard error.</param>
public sealed record RunResult(int ExitCode, string Output, string Errors);
