using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Quern.Scenarios.BadDays;

/// <summary>Stands between workers and a master and cuts every connection when told to.</summary>
internal sealed class CuttingRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, byte> _open = new();
    private readonly ConcurrentBag<Task> _relays = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _accepted;

    /// <param name="port">Of the master, on this machine.</param>
    public CuttingRelay(int port)
    {
        _listener.Start();
        _accepting = AcceptAsync(port);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    public void CutAll()
    {
        foreach (var client in _open.Keys) client.Close();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        CutAll();
        await Task.WhenAll(_relays);
        _stop.Dispose();
    }

    private async Task AcceptAsync(int port)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                _relays.Add(RelayAsync(client, port));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task RelayAsync(TcpClient client, int port)
    {
        using var master = new TcpClient();
        _open[client] = _open[master] = 0;
        try
        {
            await master.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
            var inward = client.GetStream().CopyToAsync(master.GetStream(), _stop.Token);
            var outward = master.GetStream().CopyToAsync(client.GetStream(), _stop.Token);
            await Task.WhenAny(inward, outward);
            client.Close();
            master.Close();
            await Task.WhenAll(inward, outward);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut, or the other end went first.
        }
        finally
        {
            client.Dispose();
            _open.TryRemove(client, out _);
            _open.TryRemove(master, out _);
        }
    }
}
