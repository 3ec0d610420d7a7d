using System.Numerics;
using System.Runtime.InteropServices;

namespace Quern.Storage;

/// <summary>CRC-32C (Castagnoli), the check sum that the processor computes; eight bytes at a time.</summary>
internal static class Crc32C
{
    /// <summary>Continues <paramref name="crc"/> (0 at the start) over <paramref name="bytes"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint state = ~crc;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words) state = BitOperations.Crc32C(state, word);
        foreach (byte value in bytes[(words.Length * sizeof(ulong))..]) state = BitOperations.Crc32C(state, value);
        return ~state;
    }
}
