namespace Quern.Cli.Import.Branch;

/// <summary>A managed extra source of the old master.</summary>
/// <param name="Row">SQLite's number of its row, by which its bytes are read.</param>
/// <param name="Id">As recipes name it; not checked.</param>
/// <param name="FileName">Not checked.</param>
internal sealed record OldSource(long Row, string Id, string FileName, string Description, long Bytes);
