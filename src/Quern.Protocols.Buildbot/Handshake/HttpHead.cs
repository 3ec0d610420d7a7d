using System.Text;

namespace Quern.Protocols.Buildbot;

/// <summary>
/// The head of an HTTP request or answer: first line and headers, nothing folded. At most 16 KiB, 100 headers and 8 KiB a line.
/// </summary>
internal sealed class HttpHead
{
    public const int MaxBytes = 16 * 1024;
    private const int MaxHeaders = 100;
    private const int MaxLineBytes = 8 * 1024;

    private readonly List<KeyValuePair<string, string>> _headers = [];

    private HttpHead(string firstLine) => FirstLine = firstLine;

    public string FirstLine { get; }

    /// <summary>Reads a head off the front of what was received; the bytes after it belong to the WebSocket.</summary>
    /// <param name="received">All bytes so far.</param>
    /// <param name="length">Length of the head with its empty line, on success.</param>
    /// <param name="head">The head on success, else null.</param>
    public static DecodeStatus TryRead(ReadOnlySpan<byte> received, out int length, out HttpHead? head)
    {
        head = null;
        length = received.IndexOf("\r\n\r\n"u8) + 4;
        if (length < 4)
        {
            length = 0;
            return received.Length >= MaxBytes ? DecodeStatus.TooLarge : DecodeStatus.NeedMore;
        }

        if (length > MaxBytes) return DecodeStatus.TooLarge;
        ReadOnlySpan<byte> rest = received[..(length - 2)];
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf("\r\n"u8);
            if (end > MaxLineBytes || head?._headers.Count >= MaxHeaders) return TooLarge(out head);
            ReadOnlySpan<byte> line = rest[..end];
            rest = rest[(end + 2)..];
            if (head is null) head = new HttpHead(Encoding.Latin1.GetString(line));
            else if (!head.TryAdd(line)) return Malformed(out head);
        }

        return DecodeStatus.Success;
    }

    /// <summary>How often a header stands there.</summary>
    public int Count(string name)
    {
        int count = 0;
        foreach ((string key, _) in _headers)
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase)) count++;
        return count;
    }

    /// <summary>The values of a header joined by commas, or null when it is absent.</summary>
    public string? this[string name]
    {
        get
        {
            string? joined = null;
            foreach ((string key, string value) in _headers)
                if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
                    joined = joined is null ? value : joined + ", " + value;
            return joined;
        }
    }

    /// <summary>Whether a header is a list that holds <paramref name="token"/>, upper and lower case alike.</summary>
    public bool Lists(string name, string token)
    {
        foreach (string part in (this[name] ?? "").Split(','))
            if (part.Trim().Equals(token, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    private bool TryAdd(ReadOnlySpan<byte> line)
    {
        int colon = line.IndexOf((byte)':');
        if (colon <= 0 || line.ContainsAny((byte)'\r', (byte)'\n', (byte)0)) return false;
        string name = Encoding.Latin1.GetString(line[..colon]).Trim();
        _headers.Add(new(name, Encoding.Latin1.GetString(line[(colon + 1)..]).Trim(' ', '\t')));
        return name.Length > 0;
    }

    private static DecodeStatus TooLarge(out HttpHead? head)
    {
        head = null;
        return DecodeStatus.TooLarge;
    }

    private static DecodeStatus Malformed(out HttpHead? head)
    {
        head = null;
        return DecodeStatus.Malformed;
    }
}
