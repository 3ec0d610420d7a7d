using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Quern.MasterHost.Tests.Leaf;

/// <summary>Speaks HTTP by hand, one request a connection, so that a test sees every byte and sends what no client library would.</summary>
internal sealed class LeafPeer(IPEndPoint endPoint)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public Task<LeafReply> GetAsync(string target, params string[] headers) => SendAsync("GET", target, null, null, headers);

    public Task<LeafReply> PostAsync(string target, JsonObject body) => SendAsync("POST", target, "application/json", body.ToJsonString());

    public Task<LeafReply> FormAsync(string target, string body) => SendAsync("POST", target, "application/x-www-form-urlencoded", body);

    public Task<LeafReply> SendAsync(string method, string target, string? type, string? body, params string[] headers)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{method} {target} HTTP/1.1\r\n");
        if (!headers.Any(h => h.StartsWith("Host:", StringComparison.Ordinal))) text.Append(CultureInfo.InvariantCulture, $"Host: {LeafFarm.Host}\r\n");
        foreach (string header in headers) text.Append(header).Append("\r\n");
        if (type is not null) text.Append(CultureInfo.InvariantCulture, $"Content-Type: {type}\r\n");
        if (body is not null) text.Append(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n");
        return RawAsync(text.Append("Connection: close\r\n\r\n").Append(body).ToString(), isHead: method == "HEAD");
    }

    /// <summary>Sends bytes as they are and reads to the end of the connection.</summary>
    public async Task<LeafReply> RawAsync(string request, bool isHead = false)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(endPoint, patience.Token);
        var stream = client.GetStream();
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request), patience.Token);
        }
        catch (IOException)
        {
            // The master has answered and closed before it was told everything.
        }
        using var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all, patience.Token);
        }
        catch (IOException)
        {
            // As above: what it said before is what counts.
        }
        return LeafReply.Of(all.ToArray(), isHead);
    }
}

/// <summary>A response, cut into its parts.</summary>
internal sealed record LeafReply(int Status, ILookup<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonObject Json => JsonNode.Parse(Text)!.AsObject();

    /// <summary>Status word and payload of the envelope, as one text.</summary>
    public string Said => $"{Json["status"]} {Json["payload"]}";

    public string? Header(string name) => Headers[name].SingleOrDefault();

    public static LeafReply Of(byte[] bytes, bool isHead)
    {
        int end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        Assert.True(end > 0, $"no response: '{Encoding.UTF8.GetString(bytes)}'");
        string[] lines = Encoding.ASCII.GetString(bytes, 0, end).Split("\r\n");
        var headers = lines.Skip(1).ToLookup(l => l[..l.IndexOf(':', StringComparison.Ordinal)], l => l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim(), StringComparer.OrdinalIgnoreCase);
        var reply = new LeafReply(int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), headers, bytes[(end + 4)..]);
        if (isHead) Assert.Empty(reply.Body);
        else if (reply.Header("Content-Length") is { } length) Assert.Equal(int.Parse(length, CultureInfo.InvariantCulture), reply.Body.Length);
        return reply;
    }
}
