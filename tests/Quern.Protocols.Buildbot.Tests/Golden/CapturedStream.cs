using System.Buffers.Binary;

namespace Quern.Protocols.Buildbot.Tests;

/// <summary>All bytes that one side of one connection sent.</summary>
/// <param name="Name">Folder, scenario, connection and direction.</param>
/// <param name="FromWorker">Which side.</param>
/// <param name="Bytes">From the first byte of the HTTP head on.</param>
internal sealed record CapturedStream(string Name, bool FromWorker, byte[] Bytes)
{
    public int HeadLength => Bytes.AsSpan().IndexOf("\r\n\r\n"u8) + 4;

    /// <summary>Binary messages, unmasked; every captured message is one frame.</summary>
    public IEnumerable<byte[]> Payloads()
    {
        int position = HeadLength;
        while (TryReadFrame(Bytes, ref position, out int opcode, out byte[] payload))
            if (opcode == 2) yield return payload;
    }

    public override string ToString() => Name;

    private static bool TryReadFrame(ReadOnlySpan<byte> bytes, ref int position, out int opcode, out byte[] payload)
    {
        opcode = 0;
        payload = [];
        ReadOnlySpan<byte> rest = bytes[position..];
        if (rest.Length < 2) return false;
        opcode = rest[0] & 15;
        bool masked = (rest[1] & 0x80) != 0;
        int length = rest[1] & 0x7f, head = 2;
        if (length == 126)
        {
            length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            head = 4;
        }
        else if (length == 127)
        {
            length = (int)BinaryPrimitives.ReadUInt64BigEndian(rest[2..]);
            head = 10;
        }

        ReadOnlySpan<byte> mask = masked ? rest.Slice(head, 4) : default;
        head += mask.Length;
        if (rest.Length < head + length) return false;
        payload = rest.Slice(head, length).ToArray();
        if (masked)
            for (int i = 0; i < payload.Length; i++) payload[i] ^= mask[i & 3];
        position += head + length;
        return true;
    }
}
