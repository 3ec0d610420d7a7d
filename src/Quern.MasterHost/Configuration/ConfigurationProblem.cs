namespace Quern.MasterHost.Configuration;

/// <summary>Something wrong in a configuration file.</summary>
/// <param name="File">The file as it was named.</param>
/// <param name="Line">From 1; 0 when the file as a whole is meant.</param>
/// <param name="Column">From 1; 0 when the file as a whole is meant.</param>
/// <param name="Message">What is wrong, what is allowed, and what was probably meant.</param>
public sealed record ConfigurationProblem(string File, long Line, long Column, string Message)
{
    /// <summary><c>quern.yaml:3:5: …</c>, the form in which compilers and editors name a place.</summary>
    public override string ToString() => Line == 0 ? $"{File}: {Message}" : $"{File}:{Line}:{Column}: {Message}";
}
