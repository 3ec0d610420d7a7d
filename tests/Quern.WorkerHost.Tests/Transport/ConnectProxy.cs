using System.Net.Sockets;
using System.Text;

namespace Quern.WorkerHost.Tests;

/// <summary>A small HTTP proxy that knows CONNECT alone; it remembers what it was asked.</summary>
internal sealed class ConnectProxy : IAsyncDisposable
{
    private readonly LoopbackPeer _peer;
    private readonly string _answer;

    public ConnectProxy(string answer = "HTTP/1.1 200 Connection established\r\n\r\n")
    {
        _answer = answer;
        _peer = new LoopbackPeer(ServeAsync);
    }

    public int Port => _peer.Port;

    public List<string> Asked { get; } = [];

    public ValueTask DisposeAsync() => _peer.DisposeAsync();

    private async Task ServeAsync(NetworkStream client, CancellationToken cancellationToken)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await client.ReadAsync(one, cancellationToken) == 0) return;
            head.Append((char)one[0]);
        }
        string target = head.ToString().Split(' ')[1];
        Asked.Add(target);
        if (!_answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            await client.WriteAsync(Encoding.ASCII.GetBytes(_answer), cancellationToken);
            return;
        }
        int colon = target.LastIndexOf(':');
        using var upstream = new TcpClient();
        await upstream.ConnectAsync(target[..colon], int.Parse(target[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture), cancellationToken);
        var stream = upstream.GetStream();
        // Answer and first words in one segment, as a proxy may: the peer here speaks first.
        byte[] first = new byte[4096];
        int count = Encoding.ASCII.GetBytes(_answer, first);
        if (stream.DataAvailable) count += await stream.ReadAsync(first.AsMemory(count), cancellationToken);
        await client.WriteAsync(first.AsMemory(0, count), cancellationToken);
        await Task.WhenAny(client.CopyToAsync(stream, cancellationToken), stream.CopyToAsync(client, cancellationToken));
    }
}
