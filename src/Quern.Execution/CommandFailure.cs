namespace Quern.Execution;

/// <summary>Why a command could not be constructed or run, as a stock worker's Python exception. buildbot-pb.md section 8.4.</summary>
/// <param name="Type">The qualified name of the exception's class, such as <c>builtins.ValueError</c>.</param>
/// <param name="Message">For people; never empty.</param>
public sealed record CommandFailure(string Type, string Message)
{
    private const string Builtins = "builtins.";

    /// <summary>A built-in exception is named without its module.</summary>
    public static CommandFailure Of(string pythonType, string message) =>
        new(pythonType.Contains('.', StringComparison.Ordinal) ? pythonType : Builtins + pythonType, message);

    /// <summary>Worded as a stock worker words a failure, without its file names.</summary>
    public string Text => $"[Failure instance: Traceback: <class '{ShownType}'>: {Message}\n]";

    private string ShownType => Type.StartsWith(Builtins, StringComparison.Ordinal) ? Type[Builtins.Length..] : Type;
}
