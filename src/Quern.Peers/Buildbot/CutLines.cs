using System.Globalization;
using System.Text;

namespace Quern.Peers.Buildbot;

/// <summary>
/// Finds the lines that a stock worker has cut: over Perspective Broker it cuts at a length that no master can set, and loses
/// characters when it does. buildbot-commands.md section 2.3.
/// </summary>
internal static class CutLines
{
    /// <summary>Whether a line of exactly <paramref name="length"/> characters is among <paramref name="lines"/>.</summary>
    /// <param name="lines">UTF-8, each line ended by LF.</param>
    /// <param name="length">In code points.</param>
    public static bool IsIn(ReadOnlySpan<byte> lines, int length)
    {
        while (lines.Length > length)
        {
            int end = lines.IndexOf((byte)'\n');
            if (end < 0) return false;
            if (end >= length && end <= length * 4 && CodePoints(lines[..end]) == length) return true;
            lines = lines[(end + 1)..];
        }

        return false;
    }

    /// <summary>The line that stands in the log behind what was cut.</summary>
    public static ReadOnlyMemory<byte> Mark(int length) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $"--- the worker cuts lines of more than {length} characters and loses some of what follows; lines above may not be whole\n"));

    private static int CodePoints(ReadOnlySpan<byte> line)
    {
        int count = 0;
        foreach (byte b in line)
            if ((b & 0xC0) != 0x80) count++;
        return count;
    }
}
