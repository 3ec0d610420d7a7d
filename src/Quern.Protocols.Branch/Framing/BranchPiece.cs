using System.Buffers;

namespace Quern.Protocols.Branch;

/// <summary>What came next on a connection.</summary>
/// <param name="IsRaw">Bytes of a file instead of the body of a frame.</param>
/// <param name="Bytes">A slice of the input: valid until the reader advances. Never empty.</param>
public readonly record struct BranchPiece(bool IsRaw, ReadOnlySequence<byte> Bytes);
