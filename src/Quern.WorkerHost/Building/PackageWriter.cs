using System.Formats.Tar;
using System.Text;
using Quern.Archives;
using Quern.Model;

namespace Quern.WorkerHost;

/// <summary>
/// Writes the archive inside a package file: <c>NAME-VERSION/leaf.pkg</c> and <c>NAME-VERSION/data/…</c>, POSIX pax, files, links and
/// empty folders, modes as on disk, owned by root. Branch protocol, "Build environment on the bot".
/// </summary>
internal static class PackageWriter
{
    private const UnixFileMode LeafMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public static async Task WriteAsync(string path, Recipe recipe, PackageTree tree, CancellationToken cancellationToken)
    {
        string top = $"{recipe.Name}-{recipe.Version}";
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        await using var tar = new TarWriter(file, TarEntryFormat.Pax);
        using var leaf = new MemoryStream(Encoding.UTF8.GetBytes(LeafText.Of(recipe)));
        var when = File.GetLastWriteTimeUtc(tree.Folder);
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, $"{top}/leaf.pkg") { DataStream = leaf, Mode = LeafMode, ModificationTime = when }, cancellationToken);
        foreach (var member in tree.Members)
        {
            string name = member.Path.Length == 0 ? $"{top}/data" : $"{top}/data/{member.Path}", place = Path.Combine(tree.Folder, member.Path);
            if (member.Target is { } target)
            {
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target, ModificationTime = when }, cancellationToken);
                continue;
            }
            var mode = File.GetUnixFileMode(place);
            if (member.IsFolder)
            {
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, name + "/") { Mode = mode, ModificationTime = when }, cancellationToken);
                continue;
            }
            PackageTree.Allow(place, UnixFileMode.UserRead);
            await using var content = new FileStream(place, FileMode.Open, FileAccess.Read);
            await tar.WriteEntryAsync(
                new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = mode, ModificationTime = File.GetLastWriteTimeUtc(place) }, cancellationToken);
        }
    }
}
