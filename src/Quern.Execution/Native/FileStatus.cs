using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Quern.Execution;

/// <summary>What stat(2) tells of a file, links followed; read by statx, whose structure is the same on every target.</summary>
internal sealed record FileStatus(
    long Mode, long Inode, long Device, long Links, long User, long Group, long Size, double Accessed, double Modified, double Changed)
{
    private const int AtCurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint BasicStatus = 0x7FF;

    public bool IsRegular => (Mode & 0xF000) == 0x8000;

    public bool IsDirectory => (Mode & 0xF000) == 0x4000;

    public bool IsFile => (Mode & 0xF000) == 0x8000;

    /// <summary>mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime; times in whole seconds.</summary>
    public ImmutableArray<long> Fields =>
        [Mode, Inode, Device, Links, User, Group, Size, (long)Math.Floor(Accessed), (long)Math.Floor(Modified), (long)Math.Floor(Changed)];

    /// <summary>Null with the error number when there is no such file.</summary>
    /// <param name="path">Of the file.</param>
    /// <param name="errno">0 on success.</param>
    /// <param name="follow">False looks at a link itself.</param>
    public static unsafe FileStatus? Read(string path, out int errno, bool follow = true)
    {
        byte* raw = stackalloc byte[256];
        if (Libc.statx(AtCurrentDirectory, path, follow ? 0 : NoFollow, BasicStatus, raw) != 0)
        {
            errno = Marshal.GetLastPInvokeError();
            return null;
        }
        errno = 0;
        // struct statx: 16 nlink, 20 uid, 24 gid, 28 mode, 32 ino, 40 size, 64 atime, 96 ctime, 112 mtime, 136 device
        uint major = *(uint*)(raw + 136), minor = *(uint*)(raw + 140);
        long device = ((long)(major & 0xFFFFF000) << 32) | ((long)(major & 0xFFF) << 8) | ((long)(minor & 0xFFFFFF00) << 12) | (minor & 0xFF);
        return new FileStatus(
            *(ushort*)(raw + 28), *(long*)(raw + 32), device, *(uint*)(raw + 16), *(uint*)(raw + 20), *(uint*)(raw + 24),
            *(long*)(raw + 40), Time(raw + 64), Time(raw + 112), Time(raw + 96));
    }

    /// <summary>Whether nothing that a log watcher looks at has changed.</summary>
    public bool SameFile(FileStatus? other) =>
        other is not null && other.Size == Size && (long)other.Modified == (long)Modified && (long)other.Changed == (long)Changed;

    private static unsafe double Time(byte* at) => *(long*)at + *(uint*)(at + 8) / 1e9;
}
