using System.Text;

namespace Quern.Protocols.Perspective;

/// <summary>Makes a peer's bytes fit to stand in a message for people.</summary>
internal static class Shown
{
    private const int Longest = 80;

    /// <summary>At most 80 bytes of it, with U+FFFD for what is no text.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[Longest];
        text = text[..Encoding.UTF8.GetChars(bytes.Length > Longest ? bytes[..Longest] : bytes, text)];
        foreach (ref char c in text)
            if (char.IsControl(c)) c = '\uFFFD';
        return new string(text);
    }
}
