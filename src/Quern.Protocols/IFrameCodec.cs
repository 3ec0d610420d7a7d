using System.Buffers;

namespace Quern.Protocols;

/// <summary>A pure function between bytes and messages of one protocol: no socket, clock, logger or task.</summary>
public interface IFrameCodec<TMessage>
    where TMessage : class
{
    /// <summary>Cuts one message off the front of <paramref name="input"/>.</summary>
    /// <param name="input">Received bytes; advanced past the message on success, untouched otherwise.</param>
    /// <param name="message">The message on success, else null.</param>
    DecodeStatus TryDecode(ref ReadOnlySequence<byte> input, out TMessage? message);

    void Encode(TMessage message, IBufferWriter<byte> output);
}
