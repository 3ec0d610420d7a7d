using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Quern.Cli.Import;

/// <summary>
/// Opens files of a folder that others wrote: regular files alone. A link could lead anywhere, and reading a pipe or a device could
/// last for ever.
/// </summary>
internal static unsafe partial class PlainFile
{
    private const int Flags = 0x800 | 0x20000 | 0x80000;    // O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC
    private const int TooManyLinks = 40;                    // ELOOP: what O_NOFOLLOW answers for a link
    private const int EmptyPath = 0x1000;                   // AT_EMPTY_PATH: the descriptor itself
    private const uint TypeAndSize = 0x1 | 0x200;           // STATX_TYPE | STATX_SIZE

    /// <summary>Opens a file for reading from its start.</summary>
    /// <param name="why">What is wrong, as the end of a sentence about the file; null on success.</param>
    public static bool TryOpen(string path, [NotNullWhen(true)] out FileStream? file, [NotNullWhen(false)] out string? why)
    {
        file = null;
        int descriptor = Open(path, Flags);
        if (descriptor < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            why = error == TooManyLinks ? "it is a link; links are not followed" : $"it cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}";
            return false;
        }
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        byte* status = stackalloc byte[256];
        // struct statx: the mode at 28, two bytes, whose upper four bits are the type.
        if (Status(descriptor, "", EmptyPath, TypeAndSize, status) != 0 || (*(ushort*)(status + 28) & 0xF000) != 0x8000)
        {
            handle.Dispose();
            why = "it is not a plain file";
            return false;
        }
        file = new FileStream(handle, FileAccess.Read, 0);
        why = null;
        return true;
    }

    /// <summary>Reads a whole text of UTF-8, at most <paramref name="maxBytes"/>.</summary>
    public static bool TryRead(string path, long maxBytes, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? why)
    {
        text = null;
        if (!TryOpen(path, out var file, out why)) return false;
        using (file)
        {
            if (file.Length > maxBytes)
            {
                why = $"it has {file.Length} bytes; at most {maxBytes} are read";
                return false;
            }
            try
            {
                using var reader = new StreamReader(file);
                text = reader.ReadToEnd();
            }
            catch (IOException e)
            {
                why = $"it cannot be read: {e.Message}";
                return false;
            }
        }
        return true;
    }

    /// <summary>Whether something bears the name, be it a link to nothing.</summary>
    public static bool Exists(string path) => new FileInfo(path) is { Exists: true } or { LinkTarget: not null } || Directory.Exists(path);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint mask, byte* status);
}
