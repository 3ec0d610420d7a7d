using System.Buffers;
using System.Text;

namespace Quern.Protocols.Branch.Tests.Wire;

/// <summary>Both dialects behind one set of calls.</summary>
internal static class Codec
{
    /// <summary>A text in a frame.</summary>
    public static byte[] Frame(string body)
    {
        var output = new ArrayBufferWriter<byte>();
        BranchFraming.Write(output, Encoding.UTF8.GetBytes(body));
        return output.WrittenSpan.ToArray();
    }

    public static byte[] BodyOf(byte[] frame)
    {
        var input = new ReadOnlySequence<byte>(frame);
        var status = BranchFraming.TryRead(ref input, int.MaxValue, out var body);
        if (status != DecodeStatus.Success || !input.IsEmpty) throw new InvalidDataException($"not one frame: {Encoding.UTF8.GetString(frame)}");
        return body.ToArray();
    }

    public static BranchRequest? Request(BranchDialect dialect, byte[] body, BranchRole role)
    {
        BranchRequest? request;
        bool read = dialect == BranchDialect.V1
            ? BranchV1.TryReadRequest(body, role, out request)
            : BranchV2.TryReadRequest(body, role, out request);
        return read ? request : null;
    }

    public static byte[] Frame(BranchDialect dialect, BranchRequest request)
    {
        var output = new ArrayBufferWriter<byte>();
        if (dialect == BranchDialect.V1) BranchV1.WriteRequest(request, output);
        else BranchV2.WriteRequest(request, output);
        return output.WrittenSpan.ToArray();
    }

    public static BranchAnswer? Answer(BranchDialect dialect, byte[] body, BranchCommand command)
    {
        BranchAnswer? answer;
        bool read = dialect == BranchDialect.V1
            ? BranchV1.TryReadAnswer(body, command, out answer)
            : BranchV2.TryReadAnswer(body, command, out answer);
        return read ? answer : null;
    }

    /// <summary>Null when the dialect does not have the answer.</summary>
    public static byte[]? Frame(BranchDialect dialect, BranchAnswer answer)
    {
        var output = new ArrayBufferWriter<byte>();
        bool written = dialect == BranchDialect.V1 ? BranchV1.TryWriteAnswer(answer, output) : BranchV2.TryWriteAnswer(answer, output);
        return written ? output.WrittenSpan.ToArray() : null;
    }

    public static BranchOrder? Order(BranchDialect dialect, byte[] body)
    {
        BranchOrder? order;
        bool read = dialect == BranchDialect.V1 ? BranchV1.TryReadOrder(body, out order) : BranchV2.TryReadOrder(body, out order);
        return read ? order : null;
    }

    public static byte[] Frame(BranchDialect dialect, BranchOrder order)
    {
        var output = new ArrayBufferWriter<byte>();
        if (dialect == BranchDialect.V1) BranchV1.WriteOrder(order, output);
        else BranchV2.WriteOrder(order, output);
        return output.WrittenSpan.ToArray();
    }

    public static string Text(byte[]? bytes) => bytes is null ? "(nothing)" : Encoding.UTF8.GetString(bytes);
}
