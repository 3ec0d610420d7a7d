using System.Collections.Immutable;
using System.Globalization;

namespace Quern.Protocols.Buildbot;

/// <summary>Versions of a worker's commands: lists of numbers with dots between them. buildbot-pb.md section 9.1.</summary>
public static class CommandVersions
{
    /// <summary>Whether <paramref name="command"/> is there and at least of that version; one that cannot be read counts as older.</summary>
    public static bool AtLeast(ImmutableSortedDictionary<string, string> commands, string command, int major, int minor)
    {
        ArgumentNullException.ThrowIfNull(commands);
        if (!commands.TryGetValue(command, out string? version)) return false;
        string[] parts = version.Split('.');
        if (!int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)) return false;
        int second = 0;
        if (parts.Length > 1 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out second)) return false;
        return first > major || (first == major && second >= minor);
    }
}
