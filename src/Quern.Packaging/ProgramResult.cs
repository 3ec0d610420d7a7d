namespace Quern.Packaging;

/// <summary>How a helper program ended.</summary>
/// <param name="ExitCode">-1 when it could not be started.</param>
/// <param name="Output">What it wrote to standard output, cut at the limit.</param>
/// <param name="Errors">The last part of what it wrote to standard error.</param>
internal sealed record ProgramResult(int ExitCode, string Output, string Errors)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The last line with text of its errors, for messages.</summary>
    public string LastError
    {
        get
        {
            string line = Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "no message";
            return line.StartsWith("E: ", StringComparison.Ordinal) ? line[3..] : line;
        }
    }
}
