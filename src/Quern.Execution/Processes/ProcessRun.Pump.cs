using System.Buffers;

namespace Quern.Execution;

internal sealed partial class ProcessRun
{
    private const int ReadBytes = 128 * 1024;   // half a pipe: one loop reads while the program fills the rest

    /// <summary>Moves one stream to the command's output until its end. Waits when the link is slow, and with it the program.</summary>
    private async Task PumpAsync(PipeEnd pipe, string stream, bool wanted)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            while (true)
            {
                int read = await pipe.ReadAsync(buffer);
                if (read == 0) return;
                Volatile.Write(ref _lastOutput, _context.Time.GetTimestamp());
                if (wanted) await _context.Output.TextAsync(stream, "", buffer.AsMemory(0, read));
                if (_arguments.MaxLines is not { } limit) continue;
                long lines = Interlocked.Add(ref _lines, CountLines(buffer.AsSpan(0, read)));
                if (lines <= limit) continue;
                _inbox.Writer.TryWrite(Signal.TooManyLines);
                return;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary><c>\r\n</c>, <c>\r</c> and <c>\n</c> each end one line.</summary>
    private static int CountLines(ReadOnlySpan<byte> text)
    {
        int count = text.Count((byte)'\n');
        for (int i = text.IndexOf((byte)'\r'); i >= 0;)
        {
            if (i + 1 == text.Length || text[i + 1] != '\n') count++;
            int next = text[(i + 1)..].IndexOf((byte)'\r');
            i = next < 0 ? -1 : i + 1 + next;
        }
        return count;
    }
}
