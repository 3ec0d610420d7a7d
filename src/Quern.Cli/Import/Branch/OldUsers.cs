namespace Quern.Cli.Import.Branch;

/// <summary>The users of the old master's web interface: lines <c>NAME=HASH</c>. Their hashes are never shown.</summary>
internal static class OldUsers
{
    public const string FileName = "users.meta";

    private const string Kind = "user";
    private const long MaxBytes = 4 << 20;

    /// <summary>Says of each what can be done for it: nothing of a bcrypt hash can be taken.</summary>
    public static void Read(string file, Action<ImportItem> tell)
    {
        if (!PlainFile.TryRead(file, MaxBytes, out string? text, out string? why))
        {
            tell(new ImportItem(ImportOutcome.Refused, Kind, Path.GetFileName(file), why));
            return;
        }
        int number = 0;
        foreach (string line in text.Split('\n').Select(l => l.TrimEnd('\r')))
        {
            number++;
            if (line.Length == 0) continue;
            if (line.Split('=', 2) is not [{ Length: > 0 and <= 200 } name, { Length: > 0 } hash])
                tell(new ImportItem(ImportOutcome.Refused, Kind, $"line {number}", "it is not NAME=HASH"));
            else if (!hash.StartsWith("$2", StringComparison.Ordinal))
                tell(new ImportItem(ImportOutcome.Refused, Kind, name, "what stands behind its name is no bcrypt hash"));
            else
                tell(new ImportItem(ImportOutcome.Skipped, Kind, name, "a password kept as a bcrypt hash cannot be checked here; sign in as admin, or use a key of branch.keys"));
        }
    }
}
