using System.Globalization;
using System.Text;

namespace Quern.Protocols.Buildbot;

/// <summary>The worker's half of the opening handshake. buildbot-msgpack.md section 1.1.</summary>
public static class ClientHandshake
{
    /// <summary>Bytes that the master's answer may have.</summary>
    public const int MaxAnswerBytes = HttpHead.MaxBytes;

    /// <summary>The request, with headers in the order of buildbot-worker 3.7.</summary>
    /// <param name="host">Name or address and port, as for the <c>Host</c> header.</param>
    /// <param name="path">Begins with a slash.</param>
    /// <param name="userAgent">What the worker calls itself.</param>
    /// <param name="name">The worker's name; must not hold a colon.</param>
    /// <param name="password">In clear.</param>
    /// <param name="key">16 random bytes in base64, new for each connection.</param>
    /// <exception cref="ArgumentException">The name holds a colon, or a value a line end.</exception>
    public static byte[] CreateRequest(
        string host, string path, string userAgent, string name, string password, string key)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Contains(':', StringComparison.Ordinal))
            throw new ArgumentException("A worker's name cannot hold a colon.", nameof(name));
        string login = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}"));
        return CreateRequest(host, path, userAgent, key, $"Authorization: Basic {login}\r\n");
    }

    /// <summary>The request of revision v1, whose login comes as the first message.</summary>
    /// <exception cref="ArgumentException">A value holds a line end.</exception>
    public static byte[] CreateRequestWithoutLogin(string host, string path, string userAgent, string key) =>
        CreateRequest(host, path, userAgent, key, login: "");

    private static byte[] CreateRequest(string host, string path, string userAgent, string key, string login)
    {
        foreach (string value in (ReadOnlySpan<string>)[host, path, userAgent, key])
            if (value.AsSpan().ContainsAny('\r', '\n'))
                throw new ArgumentException("A header cannot hold a line end.", nameof(host));

        return Encoding.Latin1.GetBytes(
            $"GET {path} HTTP/1.1\r\nUser-Agent: {userAgent}\r\nHost: {host}\r\nUpgrade: WebSocket\r\n" +
            "Connection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n" +
            $"{login}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n");
    }

    /// <summary>Judges what was received so far.</summary>
    /// <param name="received">All bytes since the request was sent.</param>
    /// <param name="key">The key of the request.</param>
    /// <param name="consumed">Length of the answer's head; frames follow it.</param>
    /// <param name="result">Not null except when more bytes are needed.</param>
    public static DecodeStatus TryRead(
        ReadOnlySpan<byte> received, string key, out int consumed, out ClientHandshakeResult? result)
    {
        DecodeStatus status = HttpHead.TryRead(received, out consumed, out HttpHead? head);
        result = status switch
        {
            DecodeStatus.Success => Judge(head!, key),
            DecodeStatus.NeedMore => null,
            _ => new ClientHandshakeResult.Refused(0, "the answer is not HTTP or too long"),
        };
        return status;
    }

    private static ClientHandshakeResult Judge(HttpHead head, string key)
    {
        string[] words = head.FirstLine.Split(' ', 3);
        if (words.Length < 2 || !words[0].StartsWith("HTTP/1.", StringComparison.Ordinal)
            || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int code))
            return new ClientHandshakeResult.Refused(0, "the answer is not HTTP");
        if (code == 401)
            return new ClientHandshakeResult.Refused(code, "the master does not accept this name and password");
        if (code != 101)
            return new ClientHandshakeResult.Refused(code, $"the master answered {code} {(words.Length > 2 ? words[2] : "")}".TrimEnd());
        if (!head.Lists("Upgrade", "websocket") || !head.Lists("Connection", "upgrade"))
            return new ClientHandshakeResult.Refused(code, "the master did not change to WebSocket");
        if (head["Sec-WebSocket-Accept"] != WebSocketKey.Accept(key))
            return new ClientHandshakeResult.Refused(code, "the master's Sec-WebSocket-Accept is wrong");
        return new ClientHandshakeResult.Accepted(head[ServerHandshake.RenewalHeader] == "asked");
    }
}
