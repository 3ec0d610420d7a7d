using System.Buffers;
using Quern.Protocols;
using Quern.Protocols.Buildbot;

namespace Quern.Benchmarks;

/// <summary>One <c>update</c> of 64 KiB of text as a worker sends it, again and again; counted is the text.</summary>
internal sealed class CodecUpdate : IBenchmark
{
    private const int TextBytes = 64 << 10, Messages = 4000;

    private readonly bool _decode;
    private readonly int _lineBytes;
    private readonly BuildbotMessage.Update _message;
    private readonly ArrayBufferWriter<byte> _wire = new(1 << 20);
    private readonly MsgPackCodec _worker = new(MsgPackCodecOptions.ForWorker);
    private readonly MsgPackCodec _master = new(MsgPackCodecOptions.ForMaster);

    /// <param name="decode">True: as a master decodes it; false: as a worker encodes it.</param>
    /// <param name="lineBytes">Length of a line, LF included.</param>
    public CodecUpdate(bool decode, int lineBytes)
    {
        (_decode, _lineBytes) = (decode, lineBytes);
        byte[] text = new byte[TextBytes / lineBytes * lineBytes];
        text.AsSpan().Fill((byte)'x');
        int[] newlines = new int[text.Length / lineBytes];
        for (int i = 0; i < newlines.Length; i++)
        {
            newlines[i] = (i + 1) * lineBytes - 1;
            text[newlines[i]] = (byte)'\n';
        }
        double[] times = new double[newlines.Length];
        times.AsSpan().Fill(1_700_000_000.25);
        _message = new BuildbotMessage.Update(7, "12", [new UpdateEntry.Text(BuildbotNames.Stdout, "", text, newlines, times)]);
        _worker.Encode(_message, _wire);
    }

    public string Name => $"{(_decode ? "decode" : "encode")} updates, {_lineBytes}-byte lines";
    public string Unit => "MB";

    public Task<double> RunAsync(string folder)
    {
        for (int i = 0; i < Messages; i++)
        {
            if (_decode)
            {
                if (_master.Decode(_wire.WrittenMemory, out _) != DecodeStatus.Success) throw new InvalidDataException("not decoded");
            }
            else
            {
                _wire.ResetWrittenCount();
                _worker.Encode(_message, _wire);
            }
        }
        return Task.FromResult(Messages * (double)TextBytes / 1e6);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
