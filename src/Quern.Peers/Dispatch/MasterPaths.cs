using System.Collections.Immutable;

namespace Quern.Peers.Dispatch;

/// <summary>Which paths of the master an explicit plan may name: those below the folders of <c>plans.folders</c>.</summary>
/// <param name="Folders">Absolute folders; empty allows nothing.</param>
public sealed record MasterPaths(ImmutableArray<string> Folders)
{
    public static MasterPaths None { get; } = new([]);

    /// <summary>Null when <paramref name="path"/> is allowed, else a sentence that says why not.</summary>
    /// <remarks>Links are resolved first, also those of parents, so a link inside a folder cannot lead out of it.</remarks>
    public string? Refuse(string path)
    {
        if (!Path.IsPathFullyQualified(path)) return $"The master path '{path}' is not absolute.";
        string real = Resolve(Path.GetFullPath(path));
        foreach (string folder in Folders)
        {
            string allowed = Resolve(Path.GetFullPath(folder)).TrimEnd('/');
            if (real.StartsWith(allowed + "/", StringComparison.Ordinal)) return null;
        }
        return Folders.IsEmpty
            ? $"The master path '{path}' is not allowed: the configuration names no folder for plans (plans.folders)."
            : $"The master path '{path}' lies under none of the folders that the configuration names for plans ({string.Join(", ", Folders)}).";
    }

    private static string Resolve(string path)
    {
        // Each existing parent is resolved in turn; what does not exist yet cannot be a link.
        string resolved = "/";
        int hops = 0;
        var rest = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        while (rest.TryPop(out string? segment))
        {
            if (segment == ".") continue;
            if (segment == "..")
            {
                resolved = Path.GetDirectoryName(resolved) ?? "/";
                continue;
            }
            string next = Path.Combine(resolved, segment);
            string? target = new FileInfo(next).LinkTarget;
            if (target is null)
            {
                resolved = next;
                continue;
            }
            if (++hops > 40) return "/";   // a loop of links: lies under no folder
            if (target.StartsWith('/')) resolved = "/";
            foreach (string part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()) rest.Push(part);
        }
        return resolved;
    }
}
