using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Quern.Storage;

/// <summary>
/// The few system calls that .NET does not offer in the needed shape: a gathered write that reports how far it came,
/// fdatasync, and fsync of a folder. Each answers <c>null</c> or the system's words for what went wrong.
/// </summary>
internal static unsafe partial class Posix
{
    private const int Interrupted = 4; // EINTR
    private const int ReadOnlyFolder = 0x10000 | 0x80000; // O_RDONLY | O_DIRECTORY | O_CLOEXEC

    /// <summary>Writes the parts one behind the other at <paramref name="offset"/>, all of them or an error.</summary>
    public static string? Write(
        SafeFileHandle file, long offset, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body, ReadOnlySpan<byte> end = default)
    {
        fixed (byte* headStart = head, bodyStart = body, endStart = end)
        {
            var parts = stackalloc Part[3];
            parts[0] = new Part { Start = headStart, Length = (nuint)head.Length };
            parts[1] = new Part { Start = bodyStart, Length = (nuint)body.Length };
            parts[2] = new Part { Start = endStart, Length = (nuint)end.Length };
            long left = (long)head.Length + body.Length + end.Length;
            while (left > 0)
            {
                nint written = WriteParts(file, parts, 3, offset);
                if (written < 0)
                {
                    int error = Marshal.GetLastPInvokeError();
                    if (error == Interrupted) continue;
                    return Marshal.GetPInvokeErrorMessage(error);
                }
                offset += written;
                left -= written;
                Advance(parts, (nuint)written);
            }
        }
        return null;
    }

    /// <summary>Puts the file's bytes (and what is needed to find them again) on disk.</summary>
    public static string? SyncFile(SafeFileHandle file)
    {
        while (SyncBytes(file) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Interrupted) return Marshal.GetPInvokeErrorMessage(error);
        }
        return null;
    }

    /// <summary>Puts the names in a folder on disk: a file renamed into it is there after a power loss.</summary>
    public static string? SyncFolder(string folder)
    {
        int descriptor = OpenFolder(folder, ReadOnlyFolder);
        if (descriptor < 0) return Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        return SyncAll(handle) < 0 ? Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()) : null;
    }

    /// <summary>Gives a file its new name in one step, in place of whatever bore it.</summary>
    public static string? Rename(string from, string to) =>
        RenamePath(from, to) < 0 ? Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()) : null;

    private static void Advance(Part* parts, nuint written)
    {
        for (int i = 0; i < 3 && written > 0; i++)
        {
            nuint step = Math.Min(written, parts[i].Length);
            parts[i].Start += step;
            parts[i].Length -= step;
            written -= step;
        }
    }

    [LibraryImport("libc", EntryPoint = "pwritev", SetLastError = true)]
    private static partial nint WriteParts(SafeFileHandle file, Part* parts, int count, long offset);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncBytes(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncAll(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenamePath(string from, string to);

    /// <summary>struct iovec.</summary>
    private struct Part
    {
        public byte* Start;
        public nuint Length;
    }
}
