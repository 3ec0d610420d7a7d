using System.Buffers;

namespace Quern.Protocols.Branch.Tests.Wire;

/// <summary>Sequences whose bytes lie in several pieces, as they do when they arrive in several reads.</summary>
internal static class Pieces
{
    public static ReadOnlySequence<byte> Of(params ReadOnlyMemory<byte>[] pieces)
    {
        var first = new Piece(pieces[0]);
        var last = first;
        foreach (var piece in pieces.AsSpan(1)) last = last.Append(piece);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
