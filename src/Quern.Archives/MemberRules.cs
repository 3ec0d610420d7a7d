using System.Text;

namespace Quern.Archives;

/// <summary>Which names and links a package, or a source, may hold. Pure; fed member after member.</summary>
public sealed class MemberRules
{
    private const int MaxPath = 4095;       // Linux: PATH_MAX without its NUL
    private const int MaxSegment = 255;     // Linux: NAME_MAX

    /// <summary>The refusal of a name that was there before.</summary>
    public const string Twice = "is there twice";

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _links = new(StringComparer.Ordinal);

    /// <summary>Every folder that some member lies in.</summary>
    private readonly HashSet<string> _parents = new(StringComparer.Ordinal);

    /// <summary>What is wrong with a member of the data; null when it may be installed.</summary>
    /// <param name="path">Below the package's <c>data/</c> or the source's folder, without leading slash.</param>
    /// <param name="target">A link's target; null for anything else.</param>
    public string? Refusal(string path, string? target)
    {
        if (PathRefusal(path) is { } refusal) return refusal;
        if (!_names.Add(path)) return Twice;
        // Nothing may be installed through a link of the same package, and no link may take the place of a folder.
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            string parent = path[..slash];
            if (_links.Contains(parent)) return $"lies below the link {parent}";
            _parents.Add(parent);
        }
        if (target is null) return null;
        if (_parents.Contains(path)) return "is a link where other members have a folder";
        _links.Add(path);
        return TargetRefusal(path, target);
    }

    private static string? PathRefusal(string path)
    {
        if (path.Length == 0) return "has no name";
        if (path.StartsWith('/')) return "has an absolute name";
        if (Encoding.UTF8.GetByteCount(path) > MaxPath) return "has too long a name";
        foreach (string segment in path.Split('/'))
        {
            if (segment.Length == 0) return "has an empty part in its name";
            if (segment is "." or "..") return $"has '{segment}' in its name";
            if (Encoding.UTF8.GetByteCount(segment) > MaxSegment) return "has too long a name";
            foreach (char c in segment)
                if (char.IsControl(c)) return "has a control character in its name";
        }
        return null;
    }

    // Counted as text, which is right as long as no link of the package stands above another member.
    private static string? TargetRefusal(string path, string target)
    {
        if (target.Length == 0) return "is a link to nothing";
        if (Encoding.UTF8.GetByteCount(target) > MaxPath || target.Any(char.IsControl)) return "is a link with a target that is not a path";
        int depth = target.StartsWith('/') ? 0 : path.Count(c => c == '/');
        foreach (string segment in target.Split('/'))
        {
            if (segment is "" or ".") continue;
            depth += segment == ".." ? -1 : 1;
            if (depth < 0) return $"is a link out of the root, to {target}";
        }
        return null;
    }
}
