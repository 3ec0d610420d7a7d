using System.Collections.Immutable;
using Quern.Packaging.PackageFiles;

namespace Quern.Packaging.Roots;

/// <summary>
/// Whether a template root is free of what the farm's own packages bring, so that a dependent can only be built against the
/// farm's. Pure.
/// </summary>
public static class RootCheck
{
    /// <summary>
    /// Libraries that Debian's essential programs cannot do without (dpkg, tar, bash, grep). No build links them, for they come
    /// without header and <c>.so</c> link, and a farm package of the same library installs over them in the overlay.
    /// </summary>
    public static ImmutableArray<string> Unavoidable { get; } =
        ["libz.so.", "libbz2.so.", "liblzma.so.", "libpcre2-8.so.", "libtinfo.so.", "libzstd.so.", "libncursesw.so.", "libreadline.so.", "libsqlite3.so."];

    /// <summary>Development files of farm packages that the root holds: headers, archives, link names, descriptions.</summary>
    /// <param name="rootFiles">From <see cref="RootMaker.FilesAsync"/>.</param>
    /// <param name="members">What the farm's packages install.</param>
    /// <returns>Paths in the root, in order; empty is good.</returns>
    public static ImmutableArray<string> DevelopmentFiles(IEnumerable<string> rootFiles, IEnumerable<PackageMember> members)
    {
        var owned = members.Where(m => m.Kind != MemberKind.Folder).Select(m => Merged(m.Path)).Where(IsDevelopment)
            .SelectMany(p => p.EndsWith(".so", StringComparison.Ordinal) ? (string[])[p, p[..^3] + ".a"] : [p]).ToHashSet(StringComparer.Ordinal);
        var names = owned.Where(p => !IsHeader(p)).Select(Path.GetFileName).ToHashSet(StringComparer.Ordinal);
        return [.. rootFiles.Where(f => IsDevelopment(f) && (owned.Contains(Merged(f)) || (!IsHeader(f) && names.Contains(Path.GetFileName(f))))).Order(StringComparer.Ordinal)];
    }

    /// <summary>Run-time libraries in the root that a farm package brings too, and that are not <see cref="Unavoidable"/>.</summary>
    public static ImmutableArray<string> Libraries(IEnumerable<string> rootFiles, IEnumerable<PackageMember> members)
    {
        var owned = members.Select(m => Path.GetFileName(m.Path)).Where(IsLibrary).Select(Stem).ToHashSet(StringComparer.Ordinal);
        return [.. rootFiles.Where(f => Path.GetFileName(f) is var name && IsLibrary(name) && owned.Contains(Stem(name)) &&
            !Unavoidable.Any(u => name.StartsWith(u, StringComparison.Ordinal))).Order(StringComparer.Ordinal)];
    }

    private static bool IsHeader(string path) => path.EndsWith(".h", StringComparison.Ordinal) || path.EndsWith(".hpp", StringComparison.Ordinal);

    private static bool IsDevelopment(string path) =>
        IsHeader(path) || path.EndsWith(".a", StringComparison.Ordinal) || path.EndsWith(".la", StringComparison.Ordinal) ||
        path.EndsWith(".pc", StringComparison.Ordinal) || (path.EndsWith(".so", StringComparison.Ordinal) && Path.GetFileName(path).StartsWith("lib", StringComparison.Ordinal));

    private static bool IsLibrary(string name) => name.StartsWith("lib", StringComparison.Ordinal) && name.Contains(".so.", StringComparison.Ordinal);

    // libz.so.1.2.13 and libz.so.1 are one library: libz.so.1
    private static string Stem(string name)
    {
        int at = name.IndexOf(".so.", StringComparison.Ordinal) + 4;
        int dot = name.IndexOf('.', at);
        return dot < 0 ? name : name[..dot];
    }

    // On a merged-usr root /lib is /usr/lib.
    private static string Merged(string path) => path.StartsWith("/lib", StringComparison.Ordinal) ? "/usr" + path : path;
}
