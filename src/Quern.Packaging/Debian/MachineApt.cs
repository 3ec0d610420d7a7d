using System.Collections.Immutable;

namespace Quern.Packaging.Debian;

/// <summary>What is taken over from the machine's apt besides the mirror: how it connects, and how strict it is with dates.</summary>
internal static class MachineApt
{
    private static readonly string[] Taken =
        ["Acquire::http::", "Acquire::https::", "Acquire::Check-", "Acquire::Retries", "Acquire::ForceIPv"];

    /// <summary>Lines of an apt configuration; empty when there is no apt.</summary>
    public static async Task<ImmutableArray<string>> ConnectionLinesAsync(CancellationToken cancellationToken)
    {
        var dump = await HelperProgram.RunAsync("apt-config", ["dump"], cancellationToken);
        return dump.Succeeded ? Choose(dump.Output) : [];
    }

    /// <summary>The lines of <c>apt-config dump</c> that count.</summary>
    internal static ImmutableArray<string> Choose(string dump) =>
        [.. dump.Split('\n').Where(line => Taken.Any(t => line.StartsWith(t, StringComparison.OrdinalIgnoreCase)) && line.EndsWith("\";", StringComparison.Ordinal))];

    /// <summary>The machine's own suite (<c>VERSION_CODENAME</c> of os-release); null when it is not a Debian.</summary>
    public static string? Suite(string osRelease = "/etc/os-release")
    {
        if (!File.Exists(osRelease)) return null;
        var fields = File.ReadLines(osRelease).Select(l => l.Split('=', 2)).Where(p => p.Length == 2)
            .GroupBy(p => p[0]).ToDictionary(g => g.Key, g => g.Last()[1].Trim('"'));
        return fields.GetValueOrDefault("ID") == "debian" ? fields.GetValueOrDefault("VERSION_CODENAME") : null;
    }
}
