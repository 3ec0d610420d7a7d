using System.Collections.Concurrent;
using System.Collections.Immutable;
using Quern.Admin.V1;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>
/// State streams: how inherited clients list things. One way only, from the farm; what is shown is looked up again every few seconds with the
/// rights of that moment, and what differs is sent.
/// </summary>
internal sealed class StreamArea(AdminDesks desks, AdminRoom room)
{
    private const int MaxPath = 256, MaxWhitelist = 256;

    /// <summary>Between two looks, however often the client asks for: each is a read of the database.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_longestPeriod = TimeSpan.FromHours(1);

    private sealed class OpenStream(CancellationTokenSource stop)
    {
        public CancellationTokenSource Stop => stop;

        public Task Running { get; set; } = Task.CompletedTask;
    }

    private readonly StateTree _tree = new(desks);

    /// <summary>Streams that go on, by connection and number.</summary>
    private readonly ConcurrentDictionary<(IAdminVoice Voice, int Id), OpenStream> _streams = new();

    public async Task<AdminAnswer> OpenAsync(AdminRequest request, RQ_STStream asked, CancellationToken cancellationToken)
    {
        if (asked.Direction != RQ_STStream.Types.Direction.Downstream)
            return AdminAnswers.Of(RS_STStream.StStreamAccessDenied, AdminAnswers.Detail("Nobody writes into the farm by a stream; ask for DOWNSTREAM."));
        string root = asked.Oid.TrimEnd('/');
        if (asked.StreamId == 0 || asked.Oid.Length > MaxPath || asked.Whitelist.Count > MaxWhitelist || StateTree.RightOf(root) is not { } right)
            return AdminAnswers.Of(RS_STStream.StStreamInvalid, AdminAnswers.Detail("A stream has a number and begins at /user, /group or /listener."));
        if (!AdminRules.MaySomewhere(request.Who.Principal, right)) return AdminAnswers.Of(RS_STStream.StStreamAccessDenied, AdminAnswers.Detail($"This needs the right '{right}'."));
        if (_streams.ContainsKey((request.Voice, asked.StreamId)) || _streams.Keys.Count(k => k.Voice == request.Voice) >= room.Options.MaxStreams)
            return AdminAnswers.Of(RS_STStream.StStreamFailed, AdminAnswers.Detail("The number is taken, or too many streams are open."));

        ImmutableHashSet<string> wanted = [.. asked.Whitelist];
        var now = await ReadAsync(request.Who, root, wanted, cancellationToken);
        var period = TimeSpan.FromMilliseconds(Math.Clamp(asked.UpdatePeriod, s_period.TotalMilliseconds, s_longestPeriod.TotalMilliseconds));
        var looks = new PeriodicTimer(period, room.Time);
        request.Voice.Answer(request, AdminAnswers.Of(RS_STStream.StStreamOk));
        foreach (var (path, value) in now)
            if (!await TellAsync(request, asked.StreamId, path, value, cancellationToken)) break;
        if (asked.Permanent)
        {
            // There before it runs: it takes itself away at its end.
            var stream = new OpenStream(CancellationTokenSource.CreateLinkedTokenSource(cancellationToken));
            _streams[(request.Voice, asked.StreamId)] = stream;
            stream.Running = FollowAsync(request, asked.StreamId, root, wanted, now, looks, stream.Stop.Token);
        }
        else
        {
            looks.Dispose();
        }
        return new AdminAnswer.Later();
    }

    public AdminAnswer Stop(AdminRequest request, RQ_StopStream asked)
    {
        // Clients of that time say which one in the envelope.
        int id = asked.Id != 0 ? asked.Id : request.Envelope.Id;
        if (!_streams.TryRemove((request.Voice, id), out var stream)) return AdminAnswers.Of(RS_StopStream.StopStreamInvalid);
        End(stream);
        return AdminAnswers.Of(RS_StopStream.StopStreamOk);
    }

    /// <summary>The connection is over.</summary>
    public void Forget(IAdminVoice voice)
    {
        foreach (var key in _streams.Keys.Where(k => k.Voice == voice))
            if (_streams.TryRemove(key, out var stream)) End(stream);
    }

    private static void End(OpenStream stream)
    {
        stream.Stop.Cancel();
        _ = stream.Running.ContinueWith(_ => stream.Stop.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task<ImmutableSortedDictionary<string, EV_STStreamData>> ReadAsync(Caller who, string root, ImmutableHashSet<string> wanted, CancellationToken cancellationToken)
    {
        var all = await _tree.ReadAsync(who, root, cancellationToken);
        return wanted.IsEmpty ? all : all.RemoveRange(all.Keys.Where(path => !wanted.Contains(path) && !wanted.Contains(path[(path.LastIndexOf('/') + 1)..])));
    }

    private async Task FollowAsync(
        AdminRequest request, int id, string root, ImmutableHashSet<string> wanted, ImmutableSortedDictionary<string, EV_STStreamData> last, PeriodicTimer looks,
        CancellationToken cancellationToken)
    {
        try
        {
            while (await looks.WaitForNextTickAsync(cancellationToken))
            {
                if (await desks.Login.PeekAsync(request.Token, cancellationToken) is not { } principal || StateTree.RightOf(root) is not { } right ||
                    !AdminRules.MaySomewhere(principal, right)) return;
                var now = await ReadAsync(request.Who with { Principal = principal }, root, wanted, cancellationToken);
                foreach (var (path, value) in now)
                    if (!value.Equals(last.GetValueOrDefault(path)) && !await TellAsync(request, id, path, value, cancellationToken)) return;
                foreach (string gone in last.Keys.Except(now.Keys))
                    if (!await TellAsync(request, id, gone, new EV_STStreamData { Removed = true }, cancellationToken)) return;
                last = now;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It was stopped, or the connection is over.
        }
        catch (Exception error)
        {
            room.Gate.Failed(request.Who.Principal.Name, request.Type.Name, error);
        }
        finally
        {
            looks.Dispose();
            _streams.TryRemove((request.Voice, id), out _);
        }
    }

    private ValueTask<bool> TellAsync(AdminRequest request, int id, string path, EV_STStreamData value, CancellationToken cancellationToken)
    {
        var news = value.Clone();
        (news.Oid, news.Timestamp) = (path, room.Time.GetUtcNow().ToUnixTimeMilliseconds());
        return request.Voice.TellAsync(news, id, cancellationToken);
    }
}
