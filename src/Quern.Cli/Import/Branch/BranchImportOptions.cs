namespace Quern.Cli.Import.Branch;

/// <summary>What an import of an old master's folder shall do.</summary>
/// <param name="Folder">The folder; exists.</param>
/// <param name="Environment">Which kind of build its packages count as: <c>release</c> or <c>cross</c>; the old master does not tell.</param>
/// <param name="Architecture">Of its packages, which the old master does not tell either.</param>
/// <param name="Replace">What differs here gives way.</param>
/// <param name="UserFile">Null for the one in the folder, if it is there.</param>
internal sealed record BranchImportOptions(string Folder, string Environment, string Architecture, bool Replace, string? UserFile);
