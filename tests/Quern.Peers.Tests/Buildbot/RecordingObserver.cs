using System.Buffers;
using System.Text;
using Quern.Model;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>Keeps what a command says, and serves a download from memory.</summary>
internal sealed class RecordingObserver(byte[]? download = null) : ICommandObserver
{
    private readonly StringBuilder _text = new();
    private readonly ArrayBufferWriter<byte> _written = new();
    private int _read;

    public string Text => _text.ToString();

    public byte[] Written => _written.WrittenSpan.ToArray();

    public int Closes { get; private set; }

    /// <summary>Awaited before each output is taken.</summary>
    public Func<ValueTask> BeforeOutput { get; init; } = () => default;

    public async ValueTask OutputAsync(OutputStream stream, string log, ReadOnlyMemory<byte> text, DateTimeOffset at)
    {
        await BeforeOutput();
        _text.Append(stream).Append(':').Append(Encoding.UTF8.GetString(text.Span));
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> block)
    {
        _written.Write(block.Span);
        return default;
    }

    public ValueTask CloseWriteAsync()
    {
        Closes++;
        return default;
    }

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(int length)
    {
        int count = Math.Min(length, (download?.Length ?? 0) - _read);
        ReadOnlyMemory<byte> block = download.AsMemory(_read, count);
        _read += count;
        return new(block);
    }

    public ValueTask CloseReadAsync()
    {
        Closes++;
        return default;
    }
}
