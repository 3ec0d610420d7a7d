using System.Globalization;
using System.Text;

namespace Quern.Protocols.Buildbot;

/// <summary>
/// The master's half of the opening handshake, as a pure function from bytes to an answer. buildbot-msgpack.md sections 1.1 and 2.
/// </summary>
public static class ServerHandshake
{
    /// <summary>Bytes that a request may have; more is refused before it is looked at.</summary>
    public const int MaxRequestBytes = HttpHead.MaxBytes;

    internal const string RenewalHeader = "Quern-Renewal";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The whole answer to a missing, unknown or wrong login.</summary>
    public static ReadOnlyMemory<byte> Unauthorized { get; } = "HTTP/1.1 401 Unauthorized\r\n\r\n"u8.ToArray();

    private static ReadOnlyMemory<byte> BadRequest { get; } = "HTTP/1.1 400 Bad request\r\n\r\n"u8.ToArray();

    /// <summary>
    /// The same acceptance, but one that also asks an agent of Quern to renew its certificate, by a header that other workers pass over.
    /// </summary>
    public static ReadOnlyMemory<byte> AskForRenewal(ReadOnlyMemory<byte> acceptance) =>
        (byte[])[.. acceptance[..^2].Span, .. Encoding.Latin1.GetBytes($"{RenewalHeader}: asked\r\n\r\n")];

    /// <summary>Judges what was received so far.</summary>
    /// <param name="received">All bytes since the connection was opened.</param>
    /// <param name="serverName">The <c>Server</c> header of the answer.</param>
    /// <param name="consumed">Length of the request; what follows belongs to the WebSocket.</param>
    /// <param name="result">Not null except when more bytes are needed.</param>
    /// <returns>Success (accepted or not), <see cref="DecodeStatus.NeedMore"/>, or why the request cannot be read.</returns>
    public static DecodeStatus TryRead(
        ReadOnlySpan<byte> received, string serverName, out int consumed, out ServerHandshakeResult? result)
    {
        DecodeStatus status = HttpHead.TryRead(received, out consumed, out HttpHead? head);
        result = status switch
        {
            DecodeStatus.Success => Judge(head!, serverName),
            DecodeStatus.NeedMore => null,
            DecodeStatus.TooLarge => Refuse(431, "Request Header Fields Too Large"),
            _ => Refuse(400, "Bad HTTP request headers"),
        };
        return status;
    }

    private static ServerHandshakeResult Judge(HttpHead head, string serverName)
    {
        string[] words = head.FirstLine.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 3) return Refuse(400, "Bad HTTP request status line");
        if (words[0] != "GET") return Refuse(405, "HTTP method not allowed");
        if (words[2] != "HTTP/1.1") return Refuse(505, "Unsupported HTTP version");
        if (head.Count("Host") != 1) return Refuse(400, "HTTP Host header missing or repeated in opening handshake request");
        if (head["Upgrade"] is null) return Page(serverName);
        if (!head.Lists("Upgrade", "websocket")) return Refuse(400, "HTTP Upgrade headers do not include \"websocket\"");
        if (!head.Lists("Connection", "upgrade")) return Refuse(400, "HTTP Connection headers do not include \"upgrade\"");
        if (!int.TryParse(head["Sec-WebSocket-Version"], NumberStyles.None, CultureInfo.InvariantCulture, out int version))
            return Refuse(400, "HTTP Sec-WebSocket-Version header missing, repeated or no number");
        if (version is not (13 or 8))
            return Refuse(400, $"WebSocket version {version} not supported (supported versions: 13,8)",
                "Sec-WebSocket-Version: 13,8\r\n");
        if (head["Sec-WebSocket-Key"] is not { } key || !WebSocketKey.IsValid(key))
            return Refuse(400, "HTTP Sec-WebSocket-Key header missing, repeated or bad");
        byte[] answer = Encoding.Latin1.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nServer: {serverName}\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
            $"Sec-WebSocket-Accept: {WebSocketKey.Accept(key)}\r\n\r\n");
        if (head["Authorization"] is not { } authorization) return new ServerHandshakeResult.WithoutLogin(answer);
        return TryReadLogin(authorization, out string user, out string password)
            ? new ServerHandshakeResult.Accept(answer, user, password)
            : new ServerHandshakeResult.Reject(BadRequest, "the Authorization header cannot be read");
    }

    /// <summary><c>Basic </c> and base64 of name, colon, password in UTF-8; the first colon separates.</summary>
    private static bool TryReadLogin(string value, out string user, out string password)
    {
        user = password = "";
        if (!value.StartsWith("Basic", StringComparison.Ordinal) || value.Length <= 6) return false;
        var bytes = new byte[value.Length];
        if (!Convert.TryFromBase64String(value[6..], bytes, out int length)) return false;
        string login;
        try
        {
            login = StrictUtf8.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        int colon = login.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return false;
        (user, password) = (login[..colon], login[(colon + 1)..]);
        return true;
    }

    private static ServerHandshakeResult.Reject Refuse(int code, string reason, string headers = "") =>
        new(Encoding.Latin1.GetBytes($"HTTP/1.1 {code} {reason}\r\n{headers}\r\n"), reason);

    private static ServerHandshakeResult.Reject Page(string serverName)
    {
        const string html =
            "<!DOCTYPE html>\n<html><head><title>Worker endpoint</title></head>" +
            "<body><p>This port takes Buildbot workers (MessagePack over WebSocket).</p></body></html>\n";
        string answer =
            $"HTTP/1.1 200 OK\r\nServer: {serverName}\r\nContent-Type: text/html; charset=UTF-8\r\n" +
            $"Content-Length: {html.Length}\r\n\r\n{html}";
        return new ServerHandshakeResult.Reject(Encoding.Latin1.GetBytes(answer), "an HTTP request without Upgrade");
    }
}
