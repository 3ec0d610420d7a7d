using System.Buffers;

namespace Quern.Protocols.Perspective.Codec;

/// <summary>Bytes to values and back, as a connection does it, for tests.</summary>
internal static class Wire
{
    public const long Ample = 64 << 20;

    public static byte[] Encode(PerspectiveMessage message, bool vocabulary = true)
    {
        var output = new ArrayBufferWriter<byte>();
        PerspectiveCodec.Encode(message, output, vocabulary);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] Encode(JellyValue value, bool vocabulary = true)
    {
        var output = new ArrayBufferWriter<byte>();
        new JellyWriter(output, vocabulary).Write(value);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The value, or why it was refused.</summary>
    public static (JellyValue? Value, string Refusal) Decode(ReadOnlyMemory<byte> element, long allowance = Ample)
    {
        var framer = new BananaFramer();
        var status = framer.Scan(element.Span, vocabulary: true, out int consumed);
        if (status is not DecodeStatus.Success || consumed != element.Length)
            throw new InvalidDataException($"{status} after {consumed} of {element.Length} bytes: {framer.Problem}");
        var input = new BananaReader(element);
        var reader = new JellyReader(allowance, ownPayloads: false);
        var value = reader.ReadWhole(ref input);
        return (value, reader.Refusal);
    }

    public static PerspectiveMessage Message(ReadOnlyMemory<byte> element) =>
        PerspectiveCodec.Decode(element, Ample, out string problem, out _) ?? throw new InvalidDataException(problem);

    /// <summary>Bytes written as in the specification: hex with blanks.</summary>
    public static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    /// <summary>What a stream of bytes makes of a receiver: framing, then decoding of every whole element.</summary>
    /// <returns>How many messages were whole, and the first trouble.</returns>
    public static (int Messages, string Trouble) Receive(ReadOnlyMemory<byte> stream, long allowance)
    {
        var framer = new BananaFramer();
        int start = 0, messages = 0;
        while (start < stream.Length)
        {
            var status = framer.Scan(stream.Span[start..], vocabulary: true, out int consumed);
            if (status == DecodeStatus.NeedMore) return (messages, "");
            if (status is not DecodeStatus.Success) return (messages, framer.Problem);
            var element = stream.Slice(start, consumed);
            start += consumed;
            if (PerspectiveCodec.Decode(element, allowance, out string problem, out _) is null) return (messages, problem);
            messages++;
        }
        return (messages, "");
    }
}
