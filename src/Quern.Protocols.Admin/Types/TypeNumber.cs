using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Quern.Protocols.Admin;

/// <summary>The number by which an envelope names its payload. Administration protocol, "Type numbers".</summary>
public static class TypeNumber
{
    /// <summary>MurmurHash3, x86, 32 bits, seed 0, of the name in UTF-16LE, read as signed.</summary>
    /// <param name="name">Binary name of the class that the first peers were generated with.</param>
    public static int Of(string name)
    {
        ReadOnlySpan<byte> data = Encoding.Unicode.GetBytes(name);
        uint hash = 0;
        var rest = data;
        for (; rest.Length >= 4; rest = rest[4..])
        {
            hash ^= Scramble(BinaryPrimitives.ReadUInt32LittleEndian(rest));
            hash = (BitOperations.RotateLeft(hash, 13) * 5) + 0xE6546B64;
        }
        if (rest.Length == 2) hash ^= Scramble(BinaryPrimitives.ReadUInt16LittleEndian(rest));
        hash ^= (uint)data.Length;
        hash = (hash ^ (hash >> 16)) * 0x85EBCA6B;
        hash = (hash ^ (hash >> 13)) * 0xC2B2AE35;
        return (int)(hash ^ (hash >> 16));
    }

    private static uint Scramble(uint word) => BitOperations.RotateLeft(word * 0xCC9E2D51, 15) * 0x1B873593;
}
