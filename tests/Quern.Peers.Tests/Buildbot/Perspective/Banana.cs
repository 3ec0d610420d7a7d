using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Quern.Peers.Tests.Buildbot.Perspective;

/// <summary>
/// Banana for scripted peers, written apart from the library so that a test can send what no honest peer would. A list is
/// <c>object[]</c>, a string <c>byte[]</c> or <c>string</c>, a number <c>long</c> or <c>double</c>. buildbot-pb.md section 2.
/// </summary>
internal static class Banana
{
    private static readonly string[] Vocabulary =
    [
        "", "None", "class", "dereference", "reference", "dictionary", "function", "instance", "list", "module", "persistent", "tuple",
        "unpersistable", "copy", "cache", "cached", "remote", "local", "lcache", "version", "login", "password", "challenge", "logged_in",
        "not_logged_in", "cachemessage", "message", "answer", "error", "decref", "decache", "uncache",
    ];

    public static byte[] Encode(object value)
    {
        var output = new MemoryStream();
        Write(output, value);
        return output.ToArray();
    }

    /// <summary>Reads one element.</summary>
    /// <exception cref="EndOfStreamException">The peer closed the connection.</exception>
    public static async Task<object> ReadAsync(Stream stream, CancellationToken stop)
    {
        BigInteger prefix = 0;
        byte[] one = new byte[1];
        for (int shift = 0; ; shift += 7)
        {
            await stream.ReadExactlyAsync(one, stop);
            if (one[0] >= 0x80) break;
            prefix |= (BigInteger)one[0] << shift;
        }

        switch (one[0])
        {
            case 0x80:
                object[] items = new object[(int)prefix];
                for (int i = 0; i < items.Length; i++) items[i] = await ReadAsync(stream, stop);
                return items;
            case 0x81 or 0x85:
                return (long)prefix;
            case 0x83 or 0x86:
                return -(long)prefix;
            case 0x84:
                byte[] number = new byte[8];
                await stream.ReadExactlyAsync(number, stop);
                return BinaryPrimitives.ReadDoubleBigEndian(number);
            case 0x87:
                return Encoding.ASCII.GetBytes(Vocabulary[(int)prefix]);
            default:
                byte[] text = new byte[(int)prefix];
                await stream.ReadExactlyAsync(text, stop);
                return text;
        }
    }

    public static string TextOf(object value) => value switch
    {
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        object[] { Length: 2 } form when TextOf(form[0]) == "unicode" => TextOf(form[1]),
        object[] form => "(" + string.Join(' ', form.Select(TextOf)) + ")",
        _ => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!,
    };

    private static void Write(MemoryStream output, object value)
    {
        switch (value)
        {
            case object[] items:
                Header(output, items.Length, 0x80);
                foreach (object item in items) Write(output, item);
                break;
            case string text:
                Write(output, Encoding.UTF8.GetBytes(text));
                break;
            case byte[] bytes:
                Header(output, bytes.Length, 0x82);
                output.Write(bytes);
                break;
            case long or int:
                long number = Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture);
                Header(output, Math.Abs(number), (number < 0, Math.Abs(number) > int.MaxValue) switch
                {
                    (false, false) => 0x81,
                    (true, false) => 0x83,
                    (false, true) => 0x85,
                    _ => 0x86,
                });
                break;
            case double real:
                output.WriteByte(0x84);
                Span<byte> raw = stackalloc byte[8];
                BinaryPrimitives.WriteDoubleBigEndian(raw, real);
                output.Write(raw);
                break;
            default:
                throw new ArgumentException($"{value.GetType()} cannot be sent.", nameof(value));
        }
    }

    private static void Header(MemoryStream output, long prefix, byte type)
    {
        do
        {
            output.WriteByte((byte)(prefix & 0x7F));
            prefix >>= 7;
        }
        while (prefix > 0);
        output.WriteByte(type);
    }
}
