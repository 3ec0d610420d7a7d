using System.Globalization;
using System.Text;

namespace Quern.Protocols.Buildbot;

/// <summary>The words with an HTTP proxy before the conversation begins. buildbot-pb.md section 1.</summary>
public static class ProxyConnect
{
    /// <summary>Bytes that the proxy's answer may have.</summary>
    public const int MaxAnswerBytes = HttpHead.MaxBytes;

    /// <summary>The request. Stock workers leave <c>Host</c> out; strict proxies ask for it.</summary>
    /// <param name="target">Name or address and port of the master.</param>
    /// <exception cref="ArgumentException">The target holds a blank or a control character.</exception>
    public static byte[] CreateRequest(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Any(c => c <= ' ' || c == '\x7f')) throw new ArgumentException("A target holds no blanks and no control characters.", nameof(target));
        return Encoding.Latin1.GetBytes($"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
    }

    /// <summary>Judges what was received so far.</summary>
    /// <param name="received">All bytes since the request was sent.</param>
    /// <param name="consumed">Length of the answer's head; what follows comes from the master already.</param>
    /// <param name="result">Not null except when more bytes are needed.</param>
    public static DecodeStatus TryRead(ReadOnlySpan<byte> received, out int consumed, out ClientHandshakeResult? result)
    {
        DecodeStatus status = HttpHead.TryRead(received, out consumed, out HttpHead? head);
        result = status switch
        {
            DecodeStatus.Success => Judge(head!.FirstLine),
            DecodeStatus.NeedMore => null,
            _ => new ClientHandshakeResult.Refused(0, "the answer is not HTTP or too long"),
        };
        return status;
    }

    private static ClientHandshakeResult Judge(string firstLine)
    {
        string[] words = firstLine.Split(' ', 3);
        if (words.Length < 2 || !words[0].StartsWith("HTTP/", StringComparison.Ordinal)
            || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int code))
            return new ClientHandshakeResult.Refused(0, "the answer is not HTTP");
        if (code is >= 200 and < 300) return new ClientHandshakeResult.Accepted();
        return new ClientHandshakeResult.Refused(code, $"it answered {string.Join(' ', words[1..])}");
    }
}
