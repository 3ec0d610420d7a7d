using System.Globalization;

namespace Quern.Execution;

/// <summary>A line of the process table, from <c>/proc/PID/stat</c>.</summary>
internal readonly record struct ProcessEntry(int Id, int Parent, int Group, int Session, char State, long Started)
{
    public bool IsZombie => State is 'Z' or 'X';

    /// <summary>All processes we can see; those that end meanwhile are left out.</summary>
    public static List<ProcessEntry> ReadAll()
    {
        var found = new List<ProcessEntry>();
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && TryRead(id) is { } entry) found.Add(entry);
        return found;
    }

    public static ProcessEntry? TryRead(int id)
    {
        try
        {
            // 1234 (any text) S parent group session ...; the text may hold blanks and brackets.
            string stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ', 21);
            return new ProcessEntry(id, Number(fields[1]), Number(fields[2]), Number(fields[3]), fields[0][0],
                long.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or IndexOutOfRangeException or FormatException)
        {
            return null;
        }
    }

    private static int Number(string field) => int.Parse(field, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
