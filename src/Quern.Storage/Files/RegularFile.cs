using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Quern.Storage;

/// <summary>
/// Opens files that somebody named: opening a pipe waits until another program writes to it, and opening a device may do something. Links are
/// followed.
/// </summary>
public static unsafe partial class RegularFile
{
    private const int ReadOnly = 0x800 | 0x80000;           // O_RDONLY | O_NONBLOCK | O_CLOEXEC
    private const int HereAndNow = -100;                    // AT_FDCWD
    private const int EmptyPath = 0x1000;                   // AT_EMPTY_PATH: the descriptor itself
    private const uint Type = 0x1;                          // STATX_TYPE

    /// <summary>Opens a file for reading from its start; never waits for another program.</summary>
    /// <exception cref="IOException">It cannot be opened, or is a pipe, a device, a socket or a folder; the message says why, without the path.</exception>
    public static FileStream OpenRead(string path)
    {
        string full = Path.GetFullPath(path);
        // Asked before it is opened, since opening a device can be enough, and again of what was opened, which may be another.
        if (!IsRegular(HereAndNow, full, 0)) throw NotRegular();
        int descriptor = Open(full, ReadOnly);
        if (descriptor < 0) throw Failure();
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            return IsRegular(descriptor, "", EmptyPath) ? new FileStream(handle, FileAccess.Read, 0) : throw NotRegular();
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static bool IsRegular(int folder, string path, int flags)
    {
        byte* status = stackalloc byte[256];
        if (Status(folder, path, flags, Type, status) != 0) throw Failure();
        // struct statx: the mode at 28, two bytes, whose upper four bits are the type.
        return (*(ushort*)(status + 28) & 0xF000) == 0x8000;
    }

    private static IOException NotRegular() => new("it is not a regular file");

    private static IOException Failure() => new(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint mask, byte* status);
}
