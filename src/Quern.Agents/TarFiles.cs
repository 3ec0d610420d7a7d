using System.Formats.Tar;

namespace Quern.Agents;

/// <summary>A tar archive of plain files. Names are relative and short enough for the oldest reader.</summary>
internal sealed class TarFiles(Stream output, DateTimeOffset modified) : IDisposable
{
    private readonly TarWriter _writer = new(output, TarEntryFormat.Ustar, leaveOpen: true);
    private readonly DateTimeOffset _modified = DateTimeOffset.FromUnixTimeSeconds(modified.ToUnixTimeSeconds());

    /// <summary>Number of the user and the group that what follows belongs to.</summary>
    public int Owner { get; set; }

    public void Folder(string name, int mode = FileModes.Folder) => Add(new UstarTarEntry(TarEntryType.Directory, name.TrimEnd('/') + "/"), mode);

    public void File(string name, ReadOnlyMemory<byte> content, int mode)
    {
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        Add(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = stream }, mode);
    }

    public void Stream(string name, Stream content, int mode) => Add(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = content }, mode);

    public void Dispose() => _writer.Dispose();

    private void Add(UstarTarEntry entry, int mode)
    {
        entry.Mode = (UnixFileMode)mode;
        entry.ModificationTime = _modified;
        (entry.Uid, entry.Gid) = (Owner, Owner);
        if (Owner == 0) (entry.UserName, entry.GroupName) = ("root", "root");
        _writer.WriteEntry(entry);
    }
}
