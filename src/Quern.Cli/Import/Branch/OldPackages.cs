using System.Globalization;
using Quern.Model;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Cli.Import.Branch;

/// <summary>Reads <c>packages/NAME/branch.meta</c> and finds the files <c>packages/NAME/REAL_VERSION/NAME.lfpkg</c>.</summary>
internal static class OldPackages
{
    public const string FolderName = "packages";

    private const string Kind = "package";
    private const int MaxMetaBytes = 4 << 20;

    /// <summary>Every package file that the old master knows of, by name, then oldest first.</summary>
    /// <param name="tell">Hears of everything that is not among them.</param>
    public static List<OldPackage> Read(string folder, Action<ImportItem> tell)
    {
        var packages = new List<OldPackage>();
        string root = Path.Combine(folder, FolderName);
        if (!PlainFile.Exists(root)) return packages;
        foreach (var entry in OldFolder.Entries(root, Kind, tell))
        {
            if (!PackageName.TryParse(entry.Name, out var name)) Refuse(entry.Name, $"a package name has {PackageName.Rule}");
            else if (!PlainFile.TryRead(Path.Combine(entry.FullName, "branch.meta"), MaxMetaBytes, out string? text, out string? why)) Refuse(entry.Name, $"branch.meta: {why}");
            else if (!BranchMeta.TryParse(text, out var meta, out why)) Refuse(entry.Name, why);
            else if (meta.Name != entry.Name) Refuse(entry.Name, $"branch.meta is that of '{meta.Name}'");
            else packages.AddRange(Versions(entry, name, meta, tell));
        }
        return packages;

        void Refuse(string what, string reason) => tell(new ImportItem(ImportOutcome.Refused, Kind, what, reason));
    }

    private static List<OldPackage> Versions(DirectoryInfo folder, PackageName name, BranchMeta meta, Action<ImportItem> tell)
    {
        var packages = new List<OldPackage>();
        foreach (var (real, version) in meta.Versions)
        {
            string below = Path.Combine(folder.FullName, real);
            string? why = !RecipeText.IsRealVersion(real) ? $"a real version has {RecipeText.RealVersionRule}"
                : !RecipeText.IsVersion(version) ? $"a version has {RecipeText.VersionRule}"
                : new DirectoryInfo(below) is not { Exists: true, LinkTarget: null } ? "its folder is not there, or is a link"
                : null;
            if (why is not null) tell(new ImportItem(ImportOutcome.Refused, Kind, $"{name} {version}-{real}", why));
            else packages.Add(new OldPackage(name, real, version, meta.Hashes.GetValueOrDefault(real)?.ToLowerInvariant(), Path.Combine(below, $"{name}.lfpkg")));
        }
        foreach (string below in OldFolder.Names(folder.FullName))
            if (below != "branch.meta" && !meta.Versions.ContainsKey(below))
                tell(new ImportItem(ImportOutcome.Skipped, Kind, $"{name}/{below}", "branch.meta does not know it"));
        packages.Sort((a, b) => int.Parse(a.RealVersion, CultureInfo.InvariantCulture).CompareTo(int.Parse(b.RealVersion, CultureInfo.InvariantCulture)));
        return packages;
    }
}
