using System.Buffers;
using Quern.Protocols;
using Quern.Protocols.Perspective;

namespace Quern.Benchmarks;

/// <summary>
/// One call over Perspective Broker, decoded or encoded again and again as a connection does it. <c>bench/perspective.py</c> has
/// Twisted do the same with the same terms.
/// </summary>
internal sealed class PerspectiveTerm : IBenchmark
{
    private readonly bool _decode;
    private readonly int _count;
    private readonly string _term;
    private readonly PerspectiveMessage.Call _call;
    private readonly BananaFramer _framer = new();
    private readonly PooledBytes _wire = new();

    private PerspectiveTerm(bool decode, string term, int count, PerspectiveMessage.Call call)
    {
        _decode = decode;
        _count = count;
        _term = term;
        _call = call;
        PerspectiveCodec.Encode(call, _wire, vocabulary: true);
    }

    public string Name => $"perspective: {(_decode ? "decode" : "encode")} {_term}";
    public string Unit => "messages";

    /// <summary>An update of one line, as a worker of 3.7 sends it: 83 bytes.</summary>
    public static PerspectiveTerm SmallUpdate(bool decode) => new(decode, "small update", 400_000, Update("out-line\n"));

    /// <summary>An update of 64 KiB of text in lines of 80 bytes.</summary>
    public static PerspectiveTerm TextUpdate(bool decode) =>
        new(decode, "update of 64 KiB text", 10_000, Update(string.Concat(Enumerable.Repeat(new string('x', 79) + "\n", 820))[..65536]));

    /// <summary>A block of a file, 256 KiB of bytes.</summary>
    public static PerspectiveTerm FileBlock(bool decode) => new(
        decode, "file block of 256 KiB", 4_000, new PerspectiveMessage.Call(7, 3, "write", WantsAnswer: true, [new JellyValue.Bytes(new byte[262144])], []));

    /// <summary>The arguments of a command with an environment of 40 variables.</summary>
    public static PerspectiveTerm Command(bool decode) => new(decode, "command with environment", 40_000, new PerspectiveMessage.Call(
        7, 3, "startCommand", WantsAnswer: true,
        [
            new JellyValue.Remote(4), "17", "shell",
            new JellyValue.Dictionary(
            [
                KeyValuePair.Create<JellyValue, JellyValue>("command", new JellyValue.List(["sh", "-c", "make -j4 all"])),
                KeyValuePair.Create<JellyValue, JellyValue>("workdir", "build"),
                KeyValuePair.Create<JellyValue, JellyValue>("timeout", 1200L),
                KeyValuePair.Create<JellyValue, JellyValue>("logEnviron", true),
                KeyValuePair.Create<JellyValue, JellyValue>("env", new JellyValue.Dictionary(
                    [.. Enumerable.Range(0, 40).Select(i => KeyValuePair.Create<JellyValue, JellyValue>($"VARIABLE_{i}", $"value of {i}"))])),
            ]),
        ],
        []));

    public Task<double> RunAsync(string folder)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_decode) Decode();
            else Encode();
        }
        return Task.FromResult<double>(_count);
    }

    public ValueTask DisposeAsync()
    {
        _wire.Dispose();
        return ValueTask.CompletedTask;
    }

    private static PerspectiveMessage.Call Update(string text) => new(
        4, 3, "update", WantsAnswer: true,
        [new JellyValue.List([new JellyValue.List([new JellyValue.Dictionary([KeyValuePair.Create<JellyValue, JellyValue>("stdout", text)]), 0L])])],
        []);

    private void Decode()
    {
        if (_framer.Scan(_wire.Written.Span, vocabulary: true, out int consumed) != DecodeStatus.Success || consumed != _wire.Length)
            throw new InvalidDataException("not one element");
        using var frame = new PooledFrame(_wire.Written.Span);
        if (PerspectiveCodec.Decode(frame.Memory, 16 << 20, out _, out _) is not PerspectiveMessage.Call { Refusal: "" })
            throw new InvalidDataException("not decoded");
    }

    private void Encode()
    {
        _wire.Truncate(0);
        PerspectiveCodec.Encode(_call, _wire, vocabulary: true);
    }
}
