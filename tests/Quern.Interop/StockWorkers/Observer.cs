using System.Buffers;
using System.Text;
using Quern.Model;

namespace Quern.Interop.StockWorkers;

/// <summary>Keeps what a command says, takes an upload into memory, serves a download from it.</summary>
internal sealed class Observer(byte[]? download = null) : ICommandObserver
{
    private readonly Dictionary<OutputStream, StringBuilder> _texts = [];
    private readonly ArrayBufferWriter<byte> _written = new();
    private int _read;

    public ReadOnlySpan<byte> Written => _written.WrittenSpan;

    public bool IsWhole { get; private set; }

    /// <summary>Completes with the first line of output.</summary>
    public TaskCompletionSource Spoke { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string this[OutputStream stream] => _texts.TryGetValue(stream, out StringBuilder? text) ? text.ToString() : "";

    public ValueTask OutputAsync(OutputStream stream, string log, ReadOnlyMemory<byte> text, DateTimeOffset at)
    {
        if (!_texts.TryGetValue(stream, out StringBuilder? builder)) _texts.Add(stream, builder = new StringBuilder());
        builder.Append(Encoding.UTF8.GetString(text.Span));
        if (stream is OutputStream.Stdout) Spoke.TrySetResult();
        return default;
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> block)
    {
        _written.Write(block.Span);
        return default;
    }

    public ValueTask CloseWriteAsync()
    {
        IsWhole = true;
        return default;
    }

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(int length)
    {
        int count = Math.Min(length, (download?.Length ?? 0) - _read);
        ReadOnlyMemory<byte> block = download.AsMemory(_read, count);
        _read += count;
        return new(block);
    }

    public ValueTask CloseReadAsync() => default;
}
