using System.Security.Cryptography;
using System.Text.Json;

namespace Quern.Testing;

/// <summary>One line of a raw capture under <c>tests/golden</c>.</summary>
public static class CapturedChunk
{
    // What the cut chunks are made of: lines of 17 bytes, which a mask of four bytes goes over.
    private const int Period = 17 * 4;

    /// <summary>
    /// Its bytes, none for an event. Of a chunk that was cut when it was stored the middle is made again: it is a line repeated, and
    /// the hash that was stored with it says that nothing is amiss.
    /// </summary>
    /// <exception cref="InvalidDataException">What was made has another hash.</exception>
    public static byte[] BytesOf(JsonElement chunk)
    {
        byte[] front = Convert.FromHexString(chunk.TryGetProperty("hex", out var hex) ? hex.GetString()! : "");
        if (!chunk.TryGetProperty("cut", out var cut)) return front;
        byte[] tail = Convert.FromHexString(cut.GetProperty("tail_hex").GetString()!);
        byte[] whole = new byte[cut.GetProperty("len").GetInt32()];
        front.CopyTo(whole, 0);
        for (int i = front.Length; i < whole.Length - tail.Length; i++) whole[i] = whole[i - Period];
        tail.CopyTo(whole, whole.Length - tail.Length);
        return Convert.ToHexStringLower(SHA256.HashData(whole)) == cut.GetProperty("sha256").GetString()
            ? whole
            : throw new InvalidDataException("A cut chunk of the capture cannot be made whole.");
    }
}
