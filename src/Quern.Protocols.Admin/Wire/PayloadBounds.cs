using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Quern.Protocols.Admin;

/// <summary>
/// Counts what a payload would become before it becomes it: an empty message in a list is two bytes on the wire and fifty times that in
/// memory. Knows the schema's shape, since bytes alone do not tell a message from a text.
/// </summary>
public static class PayloadBounds
{
    /// <summary>
    /// True when the payload is fields to its end, and has at most <see cref="AdminLimits.MaxElements"/> parts in at most
    /// <see cref="AdminLimits.MaxDepth"/> levels.
    /// </summary>
    internal static bool Hold(MessageDescriptor shape, ReadOnlySequence<byte> payload)
    {
        int left = AdminLimits.MaxElements;
        return Hold(shape, payload, 1, ref left);
    }

    /// <summary>How many parts a message has, at all depths: whoever sends more than <see cref="AdminLimits.MaxElements"/> is not understood.</summary>
    public static int PartsOf(IMessage message)
    {
        int left = int.MaxValue;
        Hold(message.Descriptor, new ReadOnlySequence<byte>(message.ToByteArray()), 1, ref left);
        return int.MaxValue - left;
    }

    private static bool Hold(MessageDescriptor shape, ReadOnlySequence<byte> payload, int depth, ref int left)
    {
        if (depth > AdminLimits.MaxDepth) return false;
        var reader = new WireReader(payload);
        while (reader.TryReadField(out int number, out var content))
        {
            if (--left < 0) return false;
            if (content is not { } bytes || shape.FindFieldByNumber(number) is not { } field) continue;
            if (field.FieldType == FieldType.Message)
            {
                if (!Hold(field.MessageType, bytes, depth + 1, ref left)) return false;
            }
            else if (field.IsRepeated && field.FieldType is not (FieldType.String or FieldType.Bytes))
            {
                // Packed numbers: one byte each at least.
                if (bytes.Length > left) return false;
                left -= (int)bytes.Length;
            }
        }
        return reader.IsAtEnd;
    }
}
