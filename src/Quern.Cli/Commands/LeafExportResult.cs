namespace Quern.Cli.Commands;

/// <summary>What an export did.</summary>
/// <param name="ListUrl">What leaf is told.</param>
/// <param name="Packages">In the list.</param>
/// <param name="Written">Files that were not there before.</param>
/// <param name="Removed">Files of earlier exports.</param>
internal sealed record LeafExportResult(string Folder, string ListUrl, int Packages, int Written, int Removed);
