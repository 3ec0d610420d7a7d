using System.Formats.Tar;
using Quern.Model;

namespace Quern.Peers.Dispatch;

/// <summary>
/// A folder from a worker, as a tar, to a path of the master. The tar is kept beside the target until it is whole, then
/// unpacked into a fresh folder that takes the target's place in one rename; members that would leave it are refused.
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
    private long _bytes;
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

    private void Unpack()
    {
        Directory.CreateDirectory(_fresh);
        using var reader = new TarReader(_file, leaveOpen: true);
        int members = 0;
        while (reader.GetNextEntry() is { } entry)
        {
            if (++members > MaxMembers) throw new TransferRefusedException($"The folder for '{_path}' has over {MaxMembers} members.");
            string name = entry.Name.Trim('/');
            // "/", "", "." and "./" are the folder itself (buildbot-commands.md section 3.2.1).
            if (name is "" or "." or "./") continue;
            string[] segments = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
            if (Array.Exists(segments, s => s is "." or ".." || s.Contains('\0', StringComparison.Ordinal)))
                throw new TransferRefusedException($"The folder for '{_path}' has a member that leaves it: '{entry.Name}'.");
            Extract(entry, Path.Combine([_fresh, .. segments]));
        }
    }

    private void Extract(TarEntry entry, string target)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                Directory.CreateDirectory(target);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                RefuseLinkedParents(target);
                entry.ExtractToFile(target, overwrite: false);
                break;
            case TarEntryType.SymbolicLink when StaysInside(entry.LinkName, target):
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                RefuseLinkedParents(target);
                File.CreateSymbolicLink(target, entry.LinkName);
                break;
            default:
                throw new TransferRefusedException(
                    $"The folder for '{_path}' has a member that is not taken ({entry.EntryType}, '{entry.Name}').");
        }
    }

    private bool StaysInside(string link, string target) =>
        !link.StartsWith('/') && !ClimbsAfterDescent(link) &&
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(target)!, link)).StartsWith(_fresh + "/", StringComparison.Ordinal);

    // "a/../.." ends elsewhere than it reads when "a" is itself a link.
    private static bool ClimbsAfterDescent(string link) => link.Split('/').SkipWhile(s => s is ".." or "." or "").Contains("..");

    // A link made by an earlier member must not carry a later one elsewhere.
    private void RefuseLinkedParents(string target)
    {
        for (string? parent = Path.GetDirectoryName(target); parent is not null && parent.Length > _fresh.Length; parent = Path.GetDirectoryName(parent))
        {
            if (new FileInfo(parent).LinkTarget is not null)
                throw new TransferRefusedException($"The folder for '{_path}' has a member below a link: '{target[_fresh.Length..]}'.");
        }
    }
}
