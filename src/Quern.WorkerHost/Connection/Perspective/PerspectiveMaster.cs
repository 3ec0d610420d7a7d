using System.Text;
using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost;

/// <summary>
/// A master that speaks Perspective Broker. The login is part of the serving: the master asks what the worker is before it accepts it.
/// buildbot-pb.md sections 7 to 9.
/// </summary>
internal sealed class PerspectiveMaster : IMasterLink
{
    private const string UnauthorizedLogin = "twisted.cred.error.UnauthorizedLogin";

    // A listener that speaks something else says nothing at all; a busy master with many workers takes its time.
    private static readonly TimeSpan LoginTimeout = TimeSpan.FromMinutes(2);

    private readonly PerspectiveConnection _connection;
    private readonly WorkerOptions _options;
    private readonly string _password;
    private readonly CancellationTokenSource _ending = new();
    private Task<string>? _reading;
    private volatile RemoteReference? _avatar;   // from the login on; never released, that would be a logout

    /// <param name="stream">Owned from now on.</param>
    /// <param name="options">Name, folder and habits of the worker.</param>
    /// <param name="password">Goes out only as a response to the master's challenge.</param>
    /// <param name="time">For timers.</param>
    public PerspectiveMaster(Stream stream, WorkerOptions options, string password, TimeProvider time)
    {
        _connection = PerspectiveConnection.Client(stream, new PerspectiveOptions(), time);
        (_options, _password) = (options, password);
    }

    public async Task<LinkEnd> ServeAsync(WorkerSession session, CancellationToken cancellationToken)
    {
        _reading = _connection.RunAsync(CancellationToken.None);
        await using var stop = cancellationToken.Register(() => _connection.Close("the worker was stopped"));
        if (await LogInAsync(session) is { } refused) return refused;
        session.Joined();
        var keepingAlive = KeepAliveAsync(session.Time, _ending.Token);
        string reason = await _reading;
        await _ending.CancelAsync();
        await keepingAlive;
        return new LinkEnd.Lost(reason);
    }

    public async Task<string?> AskForShutdownAsync()
    {
        if (_avatar is not { } avatar) return "the worker is not connected";
        return await _connection.CallAsync(avatar, PerspectiveNames.Shutdown, []) switch
        {
            CallResult.Answered => null,
            CallResult.Failed failed => $"the master refused: {failed.Failure.Type}: {failed.Failure.Message}",
            CallResult.Lost lost => lost.Reason,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _connection.Close("closed");
        if (_reading is not null) await _reading;
        await _connection.DisposeAsync();
        _ending.Dispose();
    }

    /// <summary>Null when the master accepted the worker. After a refusal the connection is still open.</summary>
    private async Task<LinkEnd?> LogInAsync(WorkerSession session)
    {
        var bot = new Bot(session, _connection, new BuilderFolders(_options.BaseDirectory, _options.DeleteLeftoverDirs, session.Log));
        var login = PerspectiveLogin.LoginAsync(_connection, _options.Name.Value, Encoding.UTF8.GetBytes(_password), bot);
        try
        {
            await login.WaitAsync(LoginTimeout, session.Time);
        }
        catch (TimeoutException)
        {
            _connection.Close($"the master did not finish the login within {LoginTimeout.TotalMinutes:0} minutes; does it speak Perspective Broker on that port?");
        }
        switch (await login)
        {
            case LoginResult.Accepted accepted:
                _avatar = accepted.Avatar;
                return null;
            case LoginResult.Refused { Failure: var failure } when failure.Is(UnauthorizedLogin):
                return new LinkEnd.Unauthorized($"the master does not know the worker '{_options.Name}' with this password");
            case LoginResult.Refused { Failure: var failure }:
                return new LinkEnd.Expelled($"the master refused the worker: {failure.Type}: {failure.Message}");
            case LoginResult.Lost lost:
                return new LinkEnd.Lost(lost.Reason);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>
    /// Asks for a sign of life in turn, one at a time, so that whatever stands in between keeps the connection. What is answered does not
    /// matter.
    /// </summary>
    private async Task KeepAliveAsync(TimeProvider time, CancellationToken stop)
    {
        if (_options.KeepAlive is not { } interval) return;
        try
        {
            while (true)
            {
                await Task.Delay(interval, time, stop);
                await _connection.CallAsync(_avatar!, PerspectiveNames.Keepalive, []);
            }
        }
        catch (OperationCanceledException)
        {
            // The connection has ended.
        }
    }
}
