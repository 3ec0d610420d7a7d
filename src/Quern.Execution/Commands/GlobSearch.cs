using System.Collections.Immutable;
using System.IO.Enumeration;

namespace Quern.Execution;

/// <summary>
/// File name patterns as Python's <c>glob(recursive=True)</c> reads them: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[!x]</c>, and
/// <c>**</c> as a whole part for any depth. A leading dot is matched by a dot only; dangling links are found.
/// </summary>
internal static class GlobSearch
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = true,
        ReturnSpecialDirectories = false,
        RecurseSubdirectories = false,
    };

    public static ImmutableArray<string> Find(string pattern)
    {
        string[] parts = pattern.Split('/');
        var found = ImmutableArray.CreateBuilder<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        bool rooted = parts[0].Length == 0 && parts.Length > 1;
        Search(rooted ? "/" : "", parts.AsSpan(rooted ? 1 : 0), found, seen);
        return found.ToImmutable();
    }

    /// <summary>Names in a folder, without <c>.</c> and <c>..</c>; none when it cannot be read.</summary>
    public static IEnumerable<string> Names(string directory)
    {
        try
        {
            return [.. new FileSystemEnumerable<string>(directory.Length == 0 ? "." : directory, (ref FileSystemEntry e) => e.FileName.ToString(), Everything)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <param name="at">Empty, or a path that ends in a slash.</param>
    /// <param name="parts">What is left of the pattern.</param>
    /// <param name="found">Takes the matches.</param>
    /// <param name="seen">Two <c>**</c> in one pattern must not find a path twice.</param>
    private static void Search(string at, ReadOnlySpan<string> parts, ImmutableArray<string>.Builder found, HashSet<string> seen)
    {
        string part = parts[0];
        bool last = parts.Length == 1;
        if (part == "**")
        {
            if (last)
            {
                if (at.Length > 0) Add(at, found, seen);
                Everywhere(at, found, seen);
                return;
            }
            Search(at, parts[1..], found, seen);
            foreach (string name in Visible(at))
                if (IsFolder(at + name)) Search($"{at}{name}/", parts, found, seen);
            return;
        }
        if (part.AsSpan().IndexOfAny("*?[") < 0)
        {
            string path = at + part;
            if (last && part.Length == 0 ? Directory.Exists(at) : last && Exists(path)) Add(path, found, seen);
            else if (!last && (part.Length == 0 || Directory.Exists(path))) Search($"{path}/", parts[1..], found, seen);
            return;
        }
        foreach (string name in Names(at))
        {
            if (name[0] == '.' && part[0] != '.' || !GlobPattern.Matches(part, name)) continue;
            if (last) Add(at + name, found, seen);
            else if (Directory.Exists(at + name)) Search($"{at}{name}/", parts[1..], found, seen);
        }
    }

    private static void Everywhere(string at, ImmutableArray<string>.Builder found, HashSet<string> seen)
    {
        foreach (string name in Visible(at))
        {
            Add(at + name, found, seen);
            if (IsFolder(at + name)) Everywhere($"{at}{name}/", found, seen);
        }
    }

    private static IEnumerable<string> Visible(string at) => Names(at).Where(n => n[0] != '.');

    // Links to folders are not followed below **: Python does follow them, until a loop of links ends its recursion.
    private static bool IsFolder(string path) => new DirectoryInfo(path) is { Exists: true, LinkTarget: null };

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path) || new FileInfo(path).LinkTarget is not null;

    private static void Add(string path, ImmutableArray<string>.Builder found, HashSet<string> seen)
    {
        if (seen.Add(path)) found.Add(path);
    }
}
