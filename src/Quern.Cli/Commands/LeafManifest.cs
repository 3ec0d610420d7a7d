using System.Collections.Immutable;
using System.Text;

namespace Quern.Cli.Commands;

/// <summary>Which files of a folder are from exports: <c>.quern-export</c>, one path a line. Nothing else is ever replaced or removed.</summary>
internal sealed class LeafManifest(string folder)
{
    private const string FileName = ".quern-export";

    /// <summary>Null when the folder has no export.</summary>
    public ImmutableSortedSet<string>? Read()
    {
        string file = Path.Combine(folder, FileName);
        if (!File.Exists(file)) return null;
        var lines = File.ReadAllLines(file).Where(l => l.Length > 0);
        // A path that leaves the folder is not one that an export wrote.
        return [.. lines.Where(l => l == "packagelist.json" || (l.StartsWith("packages/", StringComparison.Ordinal) && !l.Split('/').Any(s => s is "" or "." or "..")))];
    }

    public void Write(ImmutableSortedSet<string> files) =>
        WholeFile.Write(Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(string.Concat(files.Select(f => f + "\n"))));
}
