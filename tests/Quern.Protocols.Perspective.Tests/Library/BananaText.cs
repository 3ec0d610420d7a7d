using System.Globalization;
using System.Text;

namespace Quern.Protocols.Perspective.Library;

/// <summary>Banana elements in the notation of <c>docs/protocols/perspective.md</c>.</summary>
internal static class BananaText
{
    /// <summary>The notation of one whole element.</summary>
    public static string Of(ReadOnlyMemory<byte> element)
    {
        var framer = new BananaFramer();
        if (framer.Scan(element.Span, vocabulary: true, out int consumed) != DecodeStatus.Success || consumed != element.Length)
            return $"(not one element: {framer.Problem})";
        var input = new BananaReader(element);
        return Read(ref input);
    }

    private static string Read(ref BananaReader input)
    {
        var type = input.ReadHeader(out long count);
        switch (type)
        {
            case BananaType.List:
                var items = new List<string>();
                for (long i = 0; i < count; i++) items.Add(Read(ref input));
                return $"({string.Join(' ', items)})";
            case BananaType.Bytes:
                var bytes = input.ReadBody(count).Span;
                return bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? $"[{Convert.ToHexStringLower(bytes)}]" : $"\"{Encoding.ASCII.GetString(bytes)}\"";
            case BananaType.Vocabulary:
                PbVocabulary.TryGetToken(count, out var token);
                return $"~{Encoding.ASCII.GetString(token.Span)}";
            case BananaType.Float:
                return input.ReadDouble().ToString("R", CultureInfo.InvariantCulture);
            default:
                return input.TryGetNumber(type, out long number, out var big)
                    ? number.ToString(CultureInfo.InvariantCulture)
                    : big.ToString(CultureInfo.InvariantCulture);
        }
    }
}
