using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Quern.Model;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost.Tests.Perspective;

/// <summary>A master over Perspective Broker that does what a test says. Each login is handed out with its connection.</summary>
internal sealed class FakeMaster : IAsyncDisposable, ILoginRealm
{
    public const string Password = "throwaway-pw";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<LoginAttempt> _logins = Channel.CreateUnbounded<LoginAttempt>();   // as many as a test makes
    private readonly List<Task> _connections = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public FakeMaster()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Longer than anything takes on a busy machine.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    /// <summary>What a worker becomes after its login; null accepts it.</summary>
    public Func<LoginAttempt, CopiedFailure?> Refuse { get; set; } = _ => null;

    public RecordingObject Avatar { get; } = new();

    public WorkerOptions OptionsFor(string folder) => new()
    {
        Master = new MasterAddress(
            MasterProtocol.Perspective, new ClientEndpoint.Tcp("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port), "", "/"),
        Name = new WorkerName("farmer"),
        BaseDirectory = folder,
    };

    public async Task<LoginAttempt> NextLoginAsync() => await _logins.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public async Task<LoginDecision> LoginAsync(LoginAttempt attempt)
    {
        await Task.Yield();
#pragma warning disable CA5351 // The protocol is MD5.
        var failure = attempt.IsFor(MD5.HashData(Encoding.UTF8.GetBytes(Password))) ? Refuse(attempt) : CopiedFailure.UnauthorizedLogin();
#pragma warning restore CA5351
        _logins.Writer.TryWrite(attempt);
        return failure is null ? new LoginDecision.Accepted(Avatar) : new LoginDecision.Refused(failure);
    }

    /// <summary>Calls an object of the worker; fails the test when the answer is no value.</summary>
    public static async Task<JellyValue> CallAsync(RemoteReference target, string method, params ImmutableArray<JellyValue> arguments) =>
        Assert.IsType<CallResult.Answered>(await target.Connection.CallAsync(target, method, arguments).WaitAsync(Patience)).Value;

    /// <summary>Gives the worker one builder and returns its object.</summary>
    public static async Task<RemoteReference> BuilderAsync(LoginAttempt login, string name = "b")
    {
        var answer = await CallAsync(login.Mind, "setBuilderList", new JellyValue.List([new JellyValue.Tuple([name, name])]));
        return login.Connection.Take((JellyValue.Remote)((JellyValue.Dictionary)answer)[name]!)!;
    }

    /// <summary>Starts a shell command and returns the step that hears of it.</summary>
    public static async Task<RecordingObject> ShellAsync(RemoteReference builder, string script)
    {
        var step = new RecordingObject();
        var arguments = new JellyValue.Dictionary([new("workdir", "build"), new("command", script), new("logEnviron", false)]);
        await CallAsync(builder, "startCommand", new JellyValue.Remote(builder.Connection.Export(step)), "0", "shell", arguments);
        return step;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _connections.Add(ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        await using var connection = PerspectiveConnection.Server(
            client.GetStream(), new PerspectiveOptions(), TimeProvider.System, PerspectiveLogin.Root(this));
        await connection.RunAsync(_stop.Token);
        client.Dispose();
    }
}
