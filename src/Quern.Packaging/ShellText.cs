namespace Quern.Packaging;

/// <summary>Words of a POSIX shell.</summary>
public static class ShellText
{
    /// <summary>One word that a POSIX shell reads back as exactly <paramref name="value"/>, whatever is in it.</summary>
    /// <exception cref="ArgumentException">The value holds a NUL, which no shell word can.</exception>
    public static string Quote(string value)
    {
        if (value.Contains('\0', StringComparison.Ordinal)) throw new ArgumentException("A shell word cannot hold a NUL.", nameof(value));
        return "'" + value.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
    }
}
