using System.Security.Cryptography;
using System.Text;

namespace Quern.Protocols.Buildbot;

/// <summary>The two values by which both ends show that they speak WebSocket (RFC 6455 section 1.3).</summary>
internal static class WebSocketKey
{
    private const string Salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>What the server answers to <paramref name="key"/>.</summary>
    public static string Accept(string key)
    {
#pragma warning disable CA5350 // RFC 6455 fixes SHA-1 here; nothing secret depends on it.
        return Convert.ToBase64String(SHA1.HashData(Encoding.Latin1.GetBytes(key + Salt)));
#pragma warning restore CA5350
    }

    /// <summary>16 bytes in base64.</summary>
    public static bool IsValid(string key)
    {
        Span<byte> bytes = stackalloc byte[18];
        return key.Length == 24 && Convert.TryFromBase64String(key, bytes, out int length) && length == 16;
    }
}
