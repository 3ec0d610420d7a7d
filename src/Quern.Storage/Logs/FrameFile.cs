using Microsoft.Win32.SafeHandles;

namespace Quern.Storage;

/// <summary>The .qlog file as its one writer holds it.</summary>
internal sealed class FrameFile(SafeFileHandle handle, long length, long nextLine) : IDisposable
{
    private long _length = length;

    public SafeFileHandle Handle { get; } = handle;

    /// <summary>Number of the line behind the last frame. Written by the packing task alone.</summary>
    public long NextLine { get; private set; } = nextLine;

    /// <summary>Appends one frame, or leaves the file as long as before and says why.</summary>
    public string? Append(ReadOnlySpan<byte> frame, long nextLine)
    {
        if (Posix.Write(Handle, _length, frame, default) is { } error)
        {
            try { RandomAccess.SetLength(Handle, _length); }
            catch (IOException) { } // the next frame overwrites it, and readers see that it is not whole
            return error;
        }
        _length += frame.Length;
        NextLine = nextLine;
        return null;
    }

    public void Dispose() => Handle.Dispose();
}
