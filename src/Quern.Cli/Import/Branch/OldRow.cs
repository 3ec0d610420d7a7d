namespace Quern.Cli.Import.Branch;

/// <summary>One row of an old database.</summary>
/// <param name="Id">SQLite's own number of the row.</param>
/// <param name="Texts">The values that were asked for; null for NULL and for a value that is too long.</param>
/// <param name="Bytes">Their lengths.</param>
internal sealed record OldRow(long Id, string?[] Texts, long[] Bytes)
{
    /// <summary>Whether a value was too long to be read.</summary>
    public bool IsTooLong(int column) => Texts[column] is null && Bytes[column] > 0;

    public string Text(int column) => Texts[column] ?? "";
}
