namespace Quern.Archives;

/// <summary>
/// A folder that will be the root of a build, while archives are unpacked into it from outside. Links in it are followed as a program
/// with that root would follow them, so that nothing is ever written outside: <c>/lib</c> may point to <c>usr/lib</c> or to
/// <c>/usr/lib</c>, and both mean the root's own. With a lower folder the two are seen as one, as an overlay shows them, and only the
/// upper one is written. Nobody else may write to either meanwhile.
/// </summary>
/// <param name="upper">The folder that is written, absolute.</param>
/// <param name="lower">What shines through; null for nothing.</param>
public sealed class RootFolder(string upper, string? lower = null)
{
    private const int MaxLinks = 40;    // Linux: MAXSYMLINKS
    private const int MaxDepth = 512;

    private enum Kind
    {
        Missing,
        Folder,
        Link,
        Other,
    }

    /// <summary>Makes a folder with its parents, where it is missing.</summary>
    /// <param name="path">From the root, with or without a leading slash.</param>
    /// <returns>Its place in the upper folder.</returns>
    /// <exception cref="InvalidDataException">Something that is no folder stands in the way.</exception>
    public string MakeFolder(string path)
    {
        string at = "";
        foreach (string part in Resolve(path))
        {
            at = Path.Combine(at, part);
            string made = Path.Combine(upper, at);
            if (Directory.Exists(made)) continue;
            Directory.CreateDirectory(made);
            // An overlay shows the mode of the upper one.
            if (lower is not null && Path.Combine(lower, at) is var below && Directory.Exists(below)) File.SetUnixFileMode(made, File.GetUnixFileMode(below));
        }
        return Path.Combine(upper, at);
    }

    /// <summary>Makes room for a file or a link: its parents are made, and a file or link that stands there is taken away.</summary>
    /// <param name="path">From the root.</param>
    /// <param name="replaced">Whether something stood there.</param>
    /// <returns>Its place in the upper folder, where nothing stands now.</returns>
    /// <exception cref="InvalidDataException">A folder stands there, or something that is no folder stands in the way.</exception>
    public string MakeRoom(string path, out bool replaced)
    {
        int slash = path.LastIndexOf('/');
        string folder = MakeFolder(slash < 0 ? "" : path[..slash]);
        string place = Path.Combine(folder, path[(slash + 1)..]);
        var kind = Look(Path.GetRelativePath(upper, place));
        if (kind == Kind.Folder) throw new InvalidDataException($"/{path.TrimStart('/')} stands where the root has a folder");
        replaced = kind != Kind.Missing;
        File.Delete(place);
        return place;
    }

    /// <summary>Whether a path leads to a folder, through links of the root.</summary>
    public bool IsFolder(string path)
    {
        try
        {
            return Look(string.Join('/', Resolve(path))) == Kind.Folder;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Whether a path leads to something that is no folder, through links of the root.</summary>
    public bool IsFile(string path)
    {
        try
        {
            int slash = path.LastIndexOf('/');
            return Look(string.Join('/', Resolve(slash < 0 ? "" : path[..slash], path[(slash + 1)..]))) == Kind.Other;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Where a folder really is: its parts without any link.</summary>
    /// <param name="path">A folder, which may be missing.</param>
    /// <param name="last">A last part that may be a file; null for none.</param>
    private List<string> Resolve(string path, string? last = null)
    {
        var at = new List<string>();
        var open = new Stack<string>();
        if (last is not null) open.Push(last);
        Push(open, path);
        int links = 0;
        while (open.TryPop(out string? part))
        {
            if (part is "" or ".") continue;
            if (part == "..")
            {
                if (at.Count > 0) at.RemoveAt(at.Count - 1);
                continue;
            }
            if (at.Count == MaxDepth) throw new InvalidDataException($"/{path.TrimStart('/')} has too many folders");
            at.Add(part);
            string here = string.Join('/', at);
            switch (Look(here))
            {
                case Kind.Link:
                    if (++links > MaxLinks) throw new InvalidDataException($"/{path.TrimStart('/')} leads through too many links");
                    string target = Target(here);
                    if (target.StartsWith('/')) at.Clear();
                    else at.RemoveAt(at.Count - 1);
                    Push(open, target);
                    break;
                case Kind.Other when open.Count > 0 || last is null:
                    throw new InvalidDataException($"/{path.TrimStart('/')} lies below /{here}, which is no folder");
            }
        }
        return at;
    }

    private static void Push(Stack<string> open, string path)
    {
        string[] parts = path.Split('/');
        for (int i = parts.Length - 1; i >= 0; i--) open.Push(parts[i]);
    }

    private Kind Look(string path)
    {
        var kind = LookAt(Path.Combine(upper, path));
        return kind == Kind.Missing && lower is not null ? LookAt(Path.Combine(lower, path)) : kind;
    }

    private string Target(string path) =>
        new FileInfo(Path.Combine(upper, path)).LinkTarget ?? (lower is null ? null : new FileInfo(Path.Combine(lower, path)).LinkTarget) ??
        throw new InvalidDataException($"/{path} has changed meanwhile");

    private static Kind LookAt(string place)
    {
        var file = new FileInfo(place);
        if (file.LinkTarget is not null) return Kind.Link;
        return Directory.Exists(place) ? Kind.Folder : file.Exists ? Kind.Other : Kind.Missing;
    }
}
