using System.Net;
using System.Threading.Channels;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>
/// One connection of the administration protocol: requests are answered one after the other, in the order in which they came; questions and
/// events of ours go out in between. Life: <see cref="RunAsync"/> once; everything else may be called from any thread at any time.
/// </summary>
/// <remarks>
/// One loop reads and answers, one writes, one watches the clock. <see cref="Break"/> is the one place that ends it, and keeps the first
/// reason. A request that is being worked on when the connection ends is finished all the same (<see cref="Unfinished"/>): nothing is left
/// half done because somebody hung up.
/// </remarks>
/// <param name="agent">The agent whose certificate the peer showed; empty for none.</param>
/// <param name="loggedIn">Called once, when the peer is no stranger any more.</param>
internal sealed partial class AdminConnection(
    Stream stream, string remote, string agent, AdminTakes takes, AdminRoom room, AdminDesk desk, Action loggedIn) : IAdminVoice, IAsyncDisposable
{
    private readonly AdminOptions _options = room.Options;
    private readonly TimeProvider _time = room.Time;
    private readonly IPAddress _from = IPEndPoint.TryParse(remote, out var endPoint) ? endPoint.Address : IPAddress.None;
    private readonly long _began = room.Time.GetTimestamp();
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<AdminMessage> _outgoing = Channel.CreateBounded<AdminMessage>(new BoundedChannelOptions(room.Options.SendQueue) { SingleReader = true });
    private readonly Lock _lock = new();

    private AdminState _state = AdminTransitions.Begin(TimeSpan.Zero);   // guarded by the lock
    private string? _reason;                                             // guarded by the lock; why, once it is over

    /// <summary>Set by the first message; written by the reader, read by all.</summary>
    private volatile AdminPeer? _peer;

    /// <summary>Of the session of whoever logged in; empty before. Written by the reader.</summary>
    private volatile string _token = "";

    /// <summary>Who that is, as the journal has it. Written by the reader.</summary>
    private volatile string _name = "";

    /// <summary>The agent that this is; empty for a client and a stranger. Written by the reader.</summary>
    private volatile string _agent = "";

    /// <summary>What is being worked on; null before the first request. Written by the reader.</summary>
    public Task? Unfinished { get; private set; }

    /// <summary>Who it is, as the journal has it; empty for a stranger.</summary>
    public string Name => _name;

    public string Agent => _agent;

    public AdminPeer? Peer => _peer;

    public AdminState State
    {
        get
        {
            lock (_lock) return _state;
        }
    }

    public bool TakesClients => takes.Clients;

    public bool TakesAgents => takes.Agents;

    private TimeSpan Now => _time.GetElapsedTime(_began);

    /// <summary>Serves the peer to its end and says why it came. Throws for nothing that the peer does.</summary>
    public async Task<string> RunAsync(CancellationToken masterStops)
    {
        await using var stopped = masterStops.Register(() => Break("the master stopped listening"));
        var writing = WriteAsync();
        var watching = WatchAsync();
        try
        {
            Break(await ReadAsync());
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The reason is known to whoever stopped it.
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            Break("the connection broke: " + error.Message);
        }
        finally
        {
            Break("the master ended it");
            _outgoing.Writer.TryComplete();
            await writing;
            await watching;
            if (_peer is { } peer) room.Leave(peer.Sid);
            foreach (var waiting in _brought.Values) waiting.TrySetResult(null);
            desk.Forget(this);
        }
        return _reason!;
    }

    /// <summary>Ends the connection; what waits to be sent still is, for a short while. The first reason is kept.</summary>
    public void Break(string reason)
    {
        lock (_lock)
        {
            if (_reason is not null) return;
            _reason = reason;
            _state = AdminTransitions.Close(_state, reason);
        }
        _stop.Cancel();
    }

    /// <summary>Ends the connection of a client whose session does not count any more.</summary>
    public async Task RecheckAsync(CancellationToken cancellationToken)
    {
        if (_token is { Length: > 0 } token && await desk.Desks.Login.PeekAsync(token, cancellationToken) is null) Break("its session is over");
        // Who came in with a key has shown no certificate yet.
        if (_agent.Length > 0 && !(agent.Length > 0 ? takes.StillKnown() : desk.Desks.Agents.IsActive(_agent))) Break("its certificate does not count any more");
    }

    /// <summary>After <see cref="RunAsync"/>.</summary>
    public ValueTask DisposeAsync()
    {
        _stop.Dispose();
        return stream.DisposeAsync();
    }

    public bool MayHaveImage()
    {
        bool may = false;
        Change(state =>
        {
            (var after, may) = AdminTransitions.Banner(state, Now, _options);
            return after;
        });
        return may;
    }

    public void Answer(AdminRequest request, AdminAnswer answer)
    {
        if (!request.TryTakeAnswer() || Written(request.Envelope, answer) is not { } message) return;
        if (!_outgoing.Writer.TryWrite(message)) Break("it does not take what it is sent");
    }

    public bool Tell(IMessage news, int stream) => _outgoing.Writer.TryWrite(News(news, stream));

    public async ValueTask<bool> TellAsync(IMessage news, int stream, CancellationToken cancellationToken)
    {
        try
        {
            await _outgoing.Writer.WriteAsync(News(news, stream), cancellationToken);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
    }

    // Events do not say who sent them.
    private AdminMessage News(IMessage news, int stream) => AdminMessage.Of(news, stream, _peer!.Set, _peer.Sid);

    private bool Change(Func<AdminState, AdminState> change)
    {
        AdminState after;
        lock (_lock) after = _state = change(_state);
        if (after is AdminState.Closed closed) Break(closed.Reason);
        return after is not AdminState.Closed;
    }

    private AdminVerdict Step(Func<AdminState, AdminStep> change)
    {
        var verdict = AdminVerdict.Nothing;
        Change(state =>
        {
            (var after, verdict) = change(state);
            return after;
        });
        return State is AdminState.Closed ? AdminVerdict.Nothing : verdict;
    }

    private async Task WatchAsync()
    {
        using var ticks = new PeriodicTimer(_options.PingInterval / 12, _time);
        await using var stopped = _stop.Token.Register(ticks.Dispose);
        while (await ticks.WaitForNextTickAsync())
        {
            // While we work on what it asked it is not the peer who is silent.
            if (Unfinished is { IsCompleted: false }) Change(state => AdminTransitions.Heard(state, Now));
            if (Step(state => AdminTransitions.Tick(state, Now, _options)) != AdminVerdict.Ask) continue;
            _outgoing.Writer.TryWrite(Question(new RQ_Ping()));
            try
            {
                await RecheckAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // The database is away for a moment: the session counts until it is known that it does not.
                room.Gate.Failed(Name, "checking its session", error);
            }
        }
    }

    private AdminMessage Question(IMessage question)
    {
        var peer = _peer!;
        int id = Interlocked.Increment(ref _lastQuestion);
        return AdminMessage.Of(question, id, peer.Set, peer.Sid, room.ServerSid);
    }
}
