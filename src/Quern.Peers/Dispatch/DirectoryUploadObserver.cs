using System.Formats.Tar;
using Quern.Model;

namespace Quern.Peers.Dispatch;

/// <summary>
/// A folder from a worker, as a tar, to a path of the master. The tar is kept beside the target until it is whole, then
/// unpacked into a fresh folder that takes the target's place in one rename. Taken are folders, files, and links that stay
/// inside; any other member refuses the whole. buildbot-pb.md section 11.
/// </summary>
internal sealed class DirectoryUploadObserver : CommandObserver
{
    /// <summary>More members than this are refused: each costs an inode.</summary>
    private const int MaxMembers = 2_000_000;

    private readonly string _path;
    private readonly string _tar;
    private readonly string _fresh;
    private readonly long _maxBytes;
    private readonly FileStream _file;
    private long _bytes, _copied;
    private bool _whole;

    public DirectoryUploadObserver(JobLog log, string path, long maxBytes) : base(log)
    {
        (_path, _maxBytes) = (path.TrimEnd('/'), maxBytes);
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        string unique = Guid.NewGuid().ToString("N");
        (_tar, _fresh) = ($"{_path}.quern-{unique}.tar", $"{_path}.quern-{unique}");
        _file = new FileStream(_tar, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
    }

    public override string? Unfinished => _whole ? null : "the worker did not finish the upload of the folder";

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> block)
    {
        if (_bytes + block.Length > _maxBytes)
            throw new TransferRefusedException($"The upload to '{_path}' is over its limit of {_maxBytes} bytes.");
        await _file.WriteAsync(block);
        _bytes += block.Length;
    }

    public override async ValueTask CloseWriteAsync()
    {
        _file.Position = 0;
        // Unpacking is a long run of small system calls: it belongs on the pool, not on the link's reader.
        await Task.Run(Unpack);
        string? old = null;
        if (Directory.Exists(_path))
        {
            old = _fresh + ".old";
            Directory.Move(_path, old);
        }
        Directory.Move(_fresh, _path);
        if (old is not null) Directory.Delete(old, recursive: true);
        _whole = true;
    }

    protected override async ValueTask ReleaseAsync()
    {
        await _file.DisposeAsync();
        File.Delete(_tar);
        if (!_whole && Directory.Exists(_fresh)) Directory.Delete(_fresh, recursive: true);
    }

    /// <exception cref="TransferRefusedException">The tar cannot be read, or holds what is not taken.</exception>
    private void Unpack()
    {
        Directory.CreateDirectory(_fresh);
        try
        {
            using var reader = new TarReader(_file, leaveOpen: true);
            for (int members = 0; reader.GetNextEntry() is { } entry;)
            {
                if (++members > MaxMembers) throw new TransferRefusedException($"The folder for '{_path}' has over {MaxMembers} members.");
                // "/", "", "." and "./" are the folder itself (buildbot-commands.md section 3.2.1).
                if (entry.Name.Trim('/') is "" or "." or "./") continue;
                Extract(entry, Below(entry.Name) ?? throw Refused("leaves it", entry));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException or ArgumentException or NotSupportedException or UnauthorizedAccessException)
        {
            throw new TransferRefusedException($"The folder for '{_path}' cannot be unpacked: {e.Message}", e);
        }
    }

    private void Extract(TarEntry entry, string target)
    {
        RefuseLinkedParents(target);
        if (entry.EntryType is not TarEntryType.Directory) Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                if (IsLink(target)) throw Refused("is below a link", entry);
                Directory.CreateDirectory(target);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                entry.ExtractToFile(target, overwrite: false);   // with the permissions of the tar, without setuid and its like
                break;
            case TarEntryType.SymbolicLink when StaysInside(entry.LinkName, target):
                File.CreateSymbolicLink(target, entry.LinkName);
                break;
            case TarEntryType.HardLink:
                CopyLinked(entry, target);
                break;
            default:
                throw Refused($"is not taken ({entry.EntryType})", entry);
        }
    }

    /// <summary>
    /// Python packs a file that has several names in the folder once, and links to it. Here each name gets a file of its own, which costs
    /// as if it had been sent.
    /// </summary>
    private void CopyLinked(TarEntry entry, string target)
    {
        if (Below(entry.LinkName) is not { } source) throw Refused("links to what is outside", entry);
        RefuseLinkedParents(source);
        if (IsLink(source) || !File.Exists(source)) throw Refused($"links to '{entry.LinkName}', which is no file before it", entry);
        _copied += new FileInfo(source).Length;
        if (_bytes + _copied > _maxBytes) throw new TransferRefusedException($"The upload to '{_path}' is over its limit of {_maxBytes} bytes.");
        File.Copy(source, target, overwrite: false);
    }

    /// <summary>The path of a member; null for an absolute name and for one that climbs.</summary>
    private string? Below(string name)
    {
        string[] segments = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        bool inside = segments.Length > 0 && !name.StartsWith('/') && !segments.Contains("..") && !name.Contains('\0', StringComparison.Ordinal);
        return inside ? Path.Combine([_fresh, .. segments]) : null;
    }

    private bool StaysInside(string link, string target)
    {
        if (link.StartsWith('/') || ClimbsAfterDescent(link)) return false;
        string end = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(target)!, link));
        return end == _fresh || end.StartsWith(_fresh + "/", StringComparison.Ordinal);
    }

    // "a/../.." ends elsewhere than it reads when "a" is itself a link.
    private static bool ClimbsAfterDescent(string link) => link.Split('/').SkipWhile(s => s is ".." or "." or "").Contains("..");

    // A link made by an earlier member must not carry a later one elsewhere.
    private void RefuseLinkedParents(string target)
    {
        for (string? parent = Path.GetDirectoryName(target); parent is not null && parent.Length > _fresh.Length; parent = Path.GetDirectoryName(parent))
        {
            if (IsLink(parent))
                throw new TransferRefusedException($"The folder for '{_path}' has a member below a link: '{target[_fresh.Length..]}'.");
        }
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    private TransferRefusedException Refused(string why, TarEntry entry) =>
        new($"The folder for '{_path}' has a member that {why}: '{entry.Name}'.");
}
