using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Listeners;

/// <summary>A master with a folder that outlives it, and somebody who opens and closes its doors.</summary>
internal sealed class ListenerFarm : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ScratchFolder _folder = new();
    private QuernMaster? _master;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public QuernMaster Master => _master ?? throw new InvalidOperationException("The farm is down.");

    public string this[string name] => _folder[name];

    public IListenerDesk Desk => (IListenerDesk)Master.Services.GetService(typeof(IListenerDesk))!;

    public static Caller Boss { get; } = new(new Principal("user:admin", [Right.All]), IPAddress.Parse("192.0.2.7"), "admin");

    public static async Task<ListenerFarm> StartAsync(FarmConfiguration? configuration = null)
    {
        var farm = new ListenerFarm();
        await farm.UpAsync(configuration);
        return farm;
    }

    public async Task UpAsync(FarmConfiguration? configuration = null, params ListenerSetting[] once)
    {
        var start = await TryUpAsync(configuration, once);
        _master = Assert.IsType<MasterStart.Running>(start).Master;
    }

    public Task<MasterStart> TryUpAsync(FarmConfiguration? configuration = null, params ListenerSetting[] once) =>
        QuernMaster.StartAsync(
            MasterFixture.Options(_folder["data"], configuration ?? FarmConfiguration.Empty) with { Listen = [.. once] }, TimeProvider.System, Cancellation);

    public async Task DownAsync()
    {
        await Master.DisposeAsync();
        _master = null;
    }

    /// <summary>Opens a door that must open.</summary>
    public async Task<ListenerFacts> CreateAsync(NewListener listener, Caller? who = null)
    {
        var answer = await Desk.CreateAsync(who ?? Boss, listener, Cancellation);
        Assert.True(answer.Succeeded, answer.Detail);
        return Facts(answer.Id);
    }

    public async Task<ListenerFacts> UpdateAsync(ListenerEdit edit)
    {
        var answer = await Desk.UpdateAsync(Boss, edit, Cancellation);
        Assert.True(answer.Succeeded, answer.Detail);
        return Facts(answer.Id);
    }

    public ListenerFacts Facts(string idOrName) =>
        Desk.List(Boss)!.Value.Single(l => l.Name == idOrName || l.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) == idOrName);

    public ListenerFacts Facts(int id) => Desk.List(Boss)!.Value.Single(l => l.Id == id);

    public async Task<FarmEvent> LastEventAsync(string kind) => (await Master.Store.FindLastEventAsync(kind, Cancellation))!;

    public static async Task<TcpClient> ConnectAsync(ListenerFacts listener)
    {
        var peer = new TcpClient(AddressFamily.InterNetwork);
        await peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, listener.Open!.Port), Cancellation);
        return peer;
    }

    public static async Task<SslStream> SecureAsync(ListenerFacts listener, SslProtocols version = SslProtocols.Tls13)
    {
        var peer = await ConnectAsync(listener);
        var secured = new SslStream(peer.GetStream(), leaveInnerStreamOpen: false);
        try
        {
            await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = version,
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            }, Cancellation);
            return secured;
        }
        catch
        {
            // Once the farm has closed it, it has counted it.
            await EndAsync(peer.GetStream());
            await secured.DisposeAsync();
            throw;
        }
    }

    /// <summary>One request over a connection that stays; answers the status line.</summary>
    public static async Task<string> AskAsync(Stream stream, string path = "/healthz")
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"), Cancellation);
        var seen = new StringBuilder();
        byte[] piece = new byte[4096];
        while (!seen.ToString().EndsWith("ok\n", StringComparison.Ordinal) && !seen.ToString().EndsWith("0\r\n\r\n", StringComparison.Ordinal))
        {
            int got = await stream.ReadAsync(piece, Cancellation).AsTask().WaitAsync(Patience, Cancellation);
            if (got == 0) break;
            seen.Append(Encoding.ASCII.GetString(piece, 0, got));
        }
        return seen.ToString().Split('\r')[0];
    }

    public static Task AssertClosedAsync(IPEndPoint endPoint) => Assert.ThrowsAsync<SocketException>(async () =>
    {
        using var late = new TcpClient(endPoint.AddressFamily);
        await late.ConnectAsync(endPoint, Cancellation);
    });

    /// <summary>Reads until the other side has closed, however it did.</summary>
    public static async Task EndAsync(Stream stream)
    {
        try
        {
            byte[] rest = new byte[256];
            while (await stream.ReadAsync(rest, Cancellation).AsTask().WaitAsync(Patience, Cancellation) > 0) { }
        }
        catch (IOException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_master is not null) await _master.DisposeAsync();
        _folder.Dispose();
    }
}
