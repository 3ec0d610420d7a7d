using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Quern.MasterHost.Access;
using Quern.MasterHost.Agents.Deployment;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>
/// The desk for agents made to order: a queue with one builder behind it, and what it built. Life: <see cref="Start"/> once,
/// <see cref="DisposeAsync"/> before the store; builds that run or wait then have never been.
/// </summary>
internal sealed partial class AgentBuilds : IAgentBuilds, IAsyncDisposable
{
    public const int MaxWaiting = 16;
    public const int MaxPartBytes = 1 << 20;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(10);

    private readonly AgentBuilder _builder;
    private readonly BuildBook _book;
    private readonly AgentShelf _shelf;
    private readonly FarmStore _store;
    private readonly RefusalBook _refusals;
    private readonly TimeProvider _time;
    private readonly ILogger<AgentBuilds> _logger;
    private readonly CancellationTokenSource _stopping = new();

    // Full: who orders is told to come again.
    private readonly Channel<OrderedBuild> _queue = Channel.CreateBounded<OrderedBuild>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private Task _building = Task.CompletedTask;
    private Task _sweeping = Task.CompletedTask;

    public AgentBuilds(AgentBuilder builder, BuildBook book, AgentShelf shelf, FarmStore store, RefusalBook refusals, TimeProvider time, ILogger<AgentBuilds> logger)
    {
        (_builder, _book, _shelf, _store, _refusals, _time, _logger) = (builder, book, shelf, store, refusals, time, logger);
        Links = new AgentLinks(time);
    }

    /// <summary>Download links that were given out.</summary>
    public AgentLinks Links { get; }

    /// <summary>A desk over a folder, started.</summary>
    public static AgentBuilds Open(
        string folder, AgentPayloads payloads, IFarmDoors doors, IEnrolmentKeys keys, FarmStore store, RefusalBook refusals, TimeProvider time,
        ILogger<AgentBuilds> logger)
    {
        var shelf = new AgentShelf(folder);
        var desk = new AgentBuilds(
            new AgentBuilder(payloads, shelf, doors, keys, new SshDeployer(time), store, time), new BuildBook(shelf, time), shelf, store, refusals, time, logger);
        desk.Start();
        return desk;
    }

    public void Start()
    {
        _building = Task.Run(() => BuildAllAsync(_stopping.Token));
        _sweeping = SweepAsync(new PeriodicTimer(SweepInterval, _time), _stopping.Token);
    }

    public Task<EstateAnswer> BuildAsync(Caller who, AgentOrder order, Action<AgentProgress> progress, CancellationToken cancellationToken) =>
        _refusals.PassAsync(who, "agent.build", order.Group, TakeInAsync(who, order, progress, cancellationToken), cancellationToken);

    public async Task<AgentArtifactPart?> FetchAsync(Caller who, string build, long offset, int maxBytes, CancellationToken cancellationToken)
    {
        if (await FindAsync(who, build, cancellationToken) is not { Artifact: { } artifact } || offset < 0 || offset > artifact.Bytes) return null;
        await using var file = _shelf.Open(build);
        if (file is null) return null;
        file.Position = offset;
        byte[] part = new byte[(int)Math.Min(Math.Clamp(maxBytes, 1, MaxPartBytes), artifact.Bytes - offset)];
        await file.ReadExactlyAsync(part, cancellationToken);
        return new AgentArtifactPart(part, offset, artifact.Bytes);
    }

    /// <summary>Builds of groups that the caller may build for, newest first.</summary>
    public async Task<IReadOnlyList<AgentBuild>> ListAsync(Caller who, CancellationToken cancellationToken)
    {
        var names = (await _store.ListGroupsAsync(cancellationToken)).ToDictionary(g => g.Id, g => g.Name);
        return [.. _book.List().Where(b => who.May(Right.AgentBuild, names.GetValueOrDefault(b.GroupId)))];
    }

    /// <summary>A build; null when there is none that the caller may see.</summary>
    public async Task<AgentBuild?> FindAsync(Caller who, string id, CancellationToken cancellationToken)
    {
        if (_book.Find(id) is not { } build) return null;
        if (who.May(Right.AgentBuild)) return build;
        var group = (await _store.ListGroupsAsync(cancellationToken)).FirstOrDefault(g => g.Id == build.GroupId);
        return group is not null && who.May(Right.AgentBuild, group.Name) ? build : null;
    }

    /// <summary>The file of a finished build, for whoever was let in already; null when there is none any more.</summary>
    public (FileStream File, AgentBuild Build)? Open(string id)
    {
        if (_book.Find(id) is not { Artifact: not null } build || _shelf.Open(id) is not { } file) return null;
        return (file, build);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _building;
        await _sweeping;
        _stopping.Dispose();
    }

    private async Task<EstateAnswer> TakeInAsync(Caller who, AgentOrder order, Action<AgentProgress> progress, CancellationToken cancellationToken)
    {
        var (group, refusal) = await AdmitAsync(who, order, cancellationToken);
        if (refusal is not null) return refusal;
        var (checkedOrder, problem) = OrderRules.Check(order, group!.Id, group.Name);
        if (checkedOrder is null) return problem!;

        var build = new AgentBuild(
            Guid.CreateVersion7(_time.GetUtcNow()).ToString(), group.Id, group.Name, checkedOrder.Platform.Rid, checkedOrder.Packager.Format, who.Principal.Name,
            checkedOrder.Deploy?.ToString() ?? "", _time.GetUtcNow());
        _book.Put(build);
        Tell(build, progress);
        if (!_queue.Writer.TryWrite(new OrderedBuild(build, checkedOrder, who, progress)))
        {
            _book.Forget(build.Id);
            return new EstateAnswer(EstateCode.QueueFull, $"{MaxWaiting} builds of agents are waiting already. Order again when one has ended.");
        }
        return new EstateAnswer(EstateCode.Accepted, "", "", build.Id);
    }

    /// <summary>The group, when there is one that the caller may build for.</summary>
    private async Task<(StoredGroup? Group, EstateAnswer? Refusal)> AdmitAsync(Caller who, AgentOrder order, CancellationToken cancellationToken)
    {
        var group = (await _store.ListGroupsAsync(cancellationToken)).FirstOrDefault(
            g => g.Id == order.Group || string.Equals(g.Name, order.Group, StringComparison.OrdinalIgnoreCase));
        if (!who.May(Right.AgentBuild, group?.Name))
            return (null, EstateAnswer.Denied($"Building agents needs the right '{Right.AgentBuild}' in the group, or owning it."));
        if (group is null) return (null, new EstateAnswer(EstateCode.UnknownGroup, "There is no group of that id or name.", "group"));
        return order.Deploy is not null && !who.May(Right.AgentDeploy, group.Name)
            ? (null, EstateAnswer.Denied($"Bringing an agent to a machine needs the right '{Right.AgentDeploy}' in the group."))
            : (group, null);
    }

    private async Task BuildAllAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var ordered in _queue.Reader.ReadAllAsync(stopping)) await BuildOneAsync(ordered, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The stop was asked for.
        }
    }

    private async Task BuildOneAsync(OrderedBuild ordered, CancellationToken stopping)
    {
        var build = ordered.Build;
        try
        {
            _book.Sweep();
            build = await _builder.BuildAsync(ordered, next =>
            {
                build = next;
                _book.Put(next);
                Tell(next, ordered.Progress);
            }, stopping);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            Log.Broke(_logger, build.Id, e);
            build = build with { Step = AgentBuildStep.Error, Message = "The build broke down; the farm's log says why.", Artifact = null };
        }
        try
        {
            build = _book.End(build);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotKept(_logger, build.Id, e);
            build = build with { Step = AgentBuildStep.Error, Message = $"The farm could not keep it: {e.Message}", Artifact = null, KeptUntil = _time.GetUtcNow() + BuildBook.KeptFor };
            _book.Put(build);
        }
        Tell(build, ordered.Progress);
    }

    private void Tell(AgentBuild build, Action<AgentProgress> progress)
    {
        try
        {
            progress(new AgentProgress(build.Id, build.Step, build.Percent, build.Message, build.Step == AgentBuildStep.Done ? build.Artifact?.ToContract() : null));
        }
        catch (Exception e)
        {
            // Whoever listens may have gone; the build goes on.
            Log.NotTold(_logger, build.Id, e);
        }
    }

    private async Task SweepAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        using (timer)
        {
            try
            {
                while (await timer.WaitForNextTickAsync(stopping))
                {
                    try
                    {
                        _book.Sweep();
                        Links.Sweep();
                    }
                    catch (IOException e)
                    {
                        Log.NotSwept(_logger, e);
                    }
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // The stop was asked for.
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3401, LogLevel.Error, "The build {Build} of an agent broke down.")]
        public static partial void Broke(ILogger logger, string build, Exception exception);

        [LoggerMessage(3402, LogLevel.Error, "The build {Build} of an agent could not be kept.")]
        public static partial void NotKept(ILogger logger, string build, Exception exception);

        [LoggerMessage(3403, LogLevel.Debug, "Nobody could be told of the build {Build} of an agent.")]
        public static partial void NotTold(ILogger logger, string build, Exception exception);

        [LoggerMessage(3404, LogLevel.Warning, "Old builds of agents could not be removed; it is tried again in ten minutes.")]
        public static partial void NotSwept(ILogger logger, Exception exception);
    }
}
