using System.Text;
using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>Turns what a worker says of itself into the farm's words.</summary>
internal static class WorkerDescriptions
{
    public static WorkerDescription Of(WorkerName name, WorkerInfo info, string protocol) => new()
    {
        Name = name,
        Protocol = protocol,
        Version = Line(info.Version),
        BaseDirectory = info.BaseDirectory,
        CpuCount = info.CpuCount,
        Architecture = Line(info.Architecture),
        OperatingSystem = Line(info.OperatingSystem.GetValueOrDefault("pretty_name")
            ?? $"{info.OperatingSystem.GetValueOrDefault("name")} {info.OperatingSystem.GetValueOrDefault("version")}"),
        Platform = info.Platform,
        Program = Sha256Hash.TryParse(info.Program, out var program) ? program : null,
        Commands = [.. info.Commands.Keys],
        Admin = Line(info.Admin),
        Host = Line(info.Host),
    };

    /// <summary>
    /// For lists, terminals and the database, which takes no NUL and no half of a character: each becomes a space, as the ends of lines do that
    /// people put between theirs.
    /// </summary>
    private static string Line(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            // A half is read as this one.
            if (Rune.IsControl(rune) || rune == Rune.ReplacementChar) line.Append(' ');
            else line.Append(rune);
        }
        return line.ToString().Trim();
    }
}
