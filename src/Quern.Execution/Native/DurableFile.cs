using System.Runtime.InteropServices;

namespace Quern.Execution;

/// <summary>Files that are whole and on disk, or not there: never half of one, whenever the machine loses its power.</summary>
public static class DurableFile
{
    /// <summary>Puts a file of this content in the place of the one that is there, if any; only its owner may read it.</summary>
    /// <exception cref="IOException">It cannot be written; what was there is there still.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder belongs to somebody else.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string draft = path + ".new";
        // Made anew, so that nobody who had it open before reads the secret.
        File.Delete(draft);
        using (var file = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(draft, path, overwrite: true);
        SyncFolderOf(path);
    }

    /// <summary>Removes a file for good; nothing to do when it is not there.</summary>
    public static void Delete(string path)
    {
        File.Delete(path);
        SyncFolderOf(path);
    }

    private static void SyncFolderOf(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        int descriptor = Libc.open(folder, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (descriptor < 0) throw new IOException($"{folder}: {Errno.Message(Marshal.GetLastPInvokeError())}");
        try
        {
            if (Libc.fsync(descriptor) != 0) throw new IOException($"{folder}: {Errno.Message(Marshal.GetLastPInvokeError())}");
        }
        finally
        {
            _ = Libc.close(descriptor);
        }
    }
}
