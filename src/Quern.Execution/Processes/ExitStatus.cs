namespace Quern.Execution;

/// <summary>How a process ended: by its own exit code, or by a signal.</summary>
internal readonly record struct ExitStatus(int Code, int? Signal);
