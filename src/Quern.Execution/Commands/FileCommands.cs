using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>mkdir, stat, glob, listdir and rmfile.</summary>
internal static class FileCommands
{
    public static FileCommand MakeDirectory(ImmutableArray<string> paths) => new("mkdir", () =>
    {
        foreach (string path in paths)
            if (MakeWithParents(path) is var errno && errno != 0) return new(null, errno, path);
        return new(null);
    });

    public static FileCommand Stat(string path) => new("stat", () =>
        FileStatus.Read(path, out int errno) is { } status
            ? new(new UpdateEntry.Stat(status.Fields))
            : new(null, errno, path));

    public static FileCommand Glob(string pattern) => new("glob", () => new(new UpdateEntry.Files(GlobSearch.Find(pattern))));

    public static FileCommand ListDirectory(string path) => new("listdir", () =>
    {
        const int directory = 0x10000;
        int descriptor = Libc.open(path, Libc.O_RDONLY | directory | Libc.O_CLOEXEC, 0);
        if (descriptor < 0) return new(null, Marshal.GetLastPInvokeError(), path);
        _ = Libc.close(descriptor);
        return new(new UpdateEntry.Files([.. GlobSearch.Names(path)]));
    });

    public static FileCommand RemoveFile(string path) => new("rmfile", () =>
        Libc.unlink(path) == 0 ? new(null) : new(null, Marshal.GetLastPInvokeError(), path));

    /// <summary>0, or the error number of the first directory that could not be made.</summary>
    private static int MakeWithParents(string path)
    {
        if (Libc.mkdir(path, 0x1FF) == 0) return 0;
        int errno = Marshal.GetLastPInvokeError();
        if (errno == Libc.ENOENT && Path.GetDirectoryName(path.TrimEnd('/')) is { Length: > 0 } parent)
        {
            errno = MakeWithParents(parent);
            if (errno != 0) return errno;
            return Libc.mkdir(path, 0x1FF) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        return errno == Libc.EEXIST && Directory.Exists(path) ? 0 : errno;
    }
}
