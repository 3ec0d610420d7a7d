using Microsoft.Win32.SafeHandles;

namespace Quern.Storage;

/// <summary>The tail file as its one writer holds it.</summary>
internal sealed class TailFile(SafeFileHandle handle, long firstLine, long length) : IDisposable
{
    public SafeFileHandle Handle { get; } = handle;

    public long FirstLine { get; } = firstLine;

    /// <summary>Where the next record goes; 0 while not even the header is written. Written by the log's writer alone.</summary>
    public long Length { get; private set; } = length;

    /// <summary>True once a sync covered some of the file: then it may not be deleted before its frames are synced too.
    /// Read and written under the writer's file lock.</summary>
    public bool Promised { get; set; }

    /// <summary>Appends one record, with the header before the first. On an error the file is as long as before.</summary>
    public string? Append(LogRecord record, ReadOnlySpan<byte> text, ReadOnlySpan<byte> lineEnd)
    {
        Span<byte> head = stackalloc byte[TailHeader.Size + LogRecord.Size];
        int start = Length == 0 ? 0 : TailHeader.Size;
        if (start == 0) TailHeader.Write(head, FirstLine);
        record.Write(head[TailHeader.Size..], text, lineEnd);
        if (Posix.Write(Handle, Length, head[start..], text, lineEnd) is { } error)
        {
            CutBack();
            return error;
        }
        Length += head.Length - start + text.Length + lineEnd.Length;
        return null;
    }

    public void Dispose() => Handle.Dispose();

    private void CutBack()
    {
        // A reader ignores a torn record and the next append overwrites it, so a failure here costs nothing.
        try { RandomAccess.SetLength(Handle, Length); }
        catch (IOException) { }
    }
}
