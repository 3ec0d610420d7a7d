using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quern.Packaging.Tests;

/// <summary>A web server on loopback that answers every request by its path from a table, once per connection.</summary>
internal sealed class ScriptedWeb : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, string> _answers;
    private readonly Task _serving;

    public ScriptedWeb(Dictionary<string, string> answers)
    {
        _answers = answers;
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    public int Requests { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _serving;
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                var stream = client.GetStream();
                using var reader = new StreamReader(stream, leaveOpen: true);
                string path = (await reader.ReadLineAsync(_stopping.Token))?.Split(' ')[1] ?? "";
                while (await reader.ReadLineAsync(_stopping.Token) is { Length: > 0 }) { }
                Requests++;
                string answer = _answers.GetValueOrDefault(path, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer.Replace("HOST", Address, StringComparison.Ordinal).Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal)), _stopping.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException || _stopping.IsCancellationRequested)
        {
            // Stopped, or the client left.
        }
    }
}
