using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Quern.Protocols.Branch;

namespace Quern.WorkerHost;

/// <summary>What a bot tells of its machine. Branch protocol, "Machine information".</summary>
internal static class MachineFacts
{
    private const string Unknown = "unknown";

    /// <summary>Reads the machine; the rating is what was measured.</summary>
    /// <param name="facts">Of the worker.</param>
    /// <param name="rating">From <see cref="PerformanceRating.Measure"/>.</param>
    public static ImmutableArray<BranchFact> Gather(WorkerFacts facts, string rating) =>
    [
        Text("Architecture", WorkerFacts.Architecture),
        Text("Hostname", Environment.MachineName),
        // Other bots are Python programs. This one says what stands in Python's place.
        Text("Host Python Version", $"none (quern-worker {WorkerFacts.Version}, .NET {Environment.Version})"),
        Text("Host Kernel", $"Linux {FirstLine("/proc/sys/kernel/osrelease")}"),
        Text("Host Distribution", facts.OperatingSystem.FirstOrDefault(e => e.Key == "pretty_name").Value ?? Unknown),
        Text("Host libc", LibC()),
        Number("CPU count", facts.Cpus.ToString(CultureInfo.InvariantCulture)),
        Text("CPU name", Value("/proc/cpuinfo", "model name") ?? Unknown),
        Text("Memory available", Memory()),
        Number(BranchFact.PerformanceRating, rating),
    ];

    private static BranchFact Text(string name, string value) =>
        new(name, value.Length <= BranchLimits.MaxFactCharacters ? value : value[..BranchLimits.MaxFactCharacters], true);

    private static BranchFact Number(string name, string value) => new(name, value, false);

    private static string Memory() =>
        Value("/proc/meminfo", "MemTotal")?.Split(' ')[0] is { } text && long.TryParse(text, CultureInfo.InvariantCulture, out long kibibytes)
            ? string.Create(CultureInfo.InvariantCulture, $"{kibibytes / (1024.0 * 1024.0):F2}GB")
            : Unknown;

    /// <summary>The value of a line <c>key : value</c>; null when there is none.</summary>
    private static string? Value(string path, string key)
    {
        const int maxLines = 256;
        try
        {
            string? line = File.ReadLines(path).Take(maxLines).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
            return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string FirstLine(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault(Unknown);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unknown;
        }
    }

    private static string LibC()
    {
        try
        {
            return $"glibc {Marshal.PtrToStringUTF8(VersionOfGlibc())}";
        }
        catch (EntryPointNotFoundException)
        {
            return Unknown;   // another library than GNU's
        }
    }

#pragma warning disable SYSLIB1054 // No argument and no structure: there is nothing to generate, and nothing unsafe to allow for it.
    [DllImport("libc", EntryPoint = "gnu_get_libc_version")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint VersionOfGlibc();
#pragma warning restore SYSLIB1054
}
