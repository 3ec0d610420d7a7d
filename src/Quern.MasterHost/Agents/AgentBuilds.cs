using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Quern.MasterHost.Access;
using Quern.MasterHost.Agents.Deployment;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>
/// The desk for agents made to order: a queue with one builder behind it, and what it built. Life: <see cref="OpenAsync"/> takes up what was
/// ordered before the master ended, <see cref="Start"/> once the farm's doors are open, <see cref="DisposeAsync"/> before the store; builds that
/// run or wait then are taken up by the next.
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

    // As long as those that wait: MaxWaiting, and once as many as were waiting when the master ended.
    private readonly Channel<OrderedBuild> _queue = Channel.CreateUnbounded<OrderedBuild>(new UnboundedChannelOptions { SingleReader = true });

    private int _waiting;   // in the queue, or about to be
    private Task _building = Task.CompletedTask;
    private Task _sweeping = Task.CompletedTask;

    private AgentBuilds(AgentBuilder builder, AgentShelf shelf, FarmStore store, RefusalBook refusals, TimeProvider time, ILogger<AgentBuilds> logger)
    {
        (_builder, _book, _shelf, _store, _refusals, _time, _logger) = (builder, new BuildBook(store, shelf, time), shelf, store, refusals, time, logger);
        Links = new AgentLinks(store, shelf.Id, time);
    }

    /// <summary>Download links that were given out.</summary>
    public AgentLinks Links { get; }

    /// <summary>A desk over a folder. What was ordered there before waits for <see cref="Start"/>.</summary>
    /// <param name="deployer">How machines are reached.</param>
    public static async Task<AgentBuilds> OpenAsync(
        string folder, AgentPayloads payloads, IFarmDoors doors, IEnrolmentKeys keys, SshDeployer deployer, FarmStore store, RefusalBook refusals, TimeProvider time,
        ILogger<AgentBuilds> logger, CancellationToken cancellationToken)
    {
        var shelf = new AgentShelf(folder);
        var desk = new AgentBuilds(new AgentBuilder(payloads, shelf, doors, keys, deployer, time), shelf, store, refusals, time, logger);
        deployer.ClearLeft();
        await desk.TakeUpAsync(keys, cancellationToken);
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
        if (await FindAsync(who, build, cancellationToken) is not { IsHere: true, Step: AgentBuildStep.Done, Artifact: { } artifact } || offset < 0 || offset > artifact.Bytes) return null;
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
        return [.. (await _book.ListAsync(cancellationToken)).Where(b => who.May(Right.AgentBuild, names.GetValueOrDefault(b.GroupId)))];
    }

    /// <summary>A build; null when there is none that the caller may see.</summary>
    public async Task<AgentBuild?> FindAsync(Caller who, string id, CancellationToken cancellationToken)
    {
        if (await _book.FindAsync(id, cancellationToken) is not { } build) return null;
        if (who.May(Right.AgentBuild)) return build;
        var group = (await _store.ListGroupsAsync(cancellationToken)).FirstOrDefault(g => g.Id == build.GroupId);
        return group is not null && who.May(Right.AgentBuild, group.Name) ? build : null;
    }

    /// <summary>The file of a finished build, for whoever was let in already; null when it is not here (any more).</summary>
    public FileStream? Open(AgentBuild build) => build is { IsHere: true, Step: AgentBuildStep.Done, Artifact: not null } ? _shelf.Open(build.Id) : null;

    /// <summary>The file that a link opens, and that the link is used up; null when it opens none here.</summary>
    public async Task<(FileStream File, AgentBuild Build)?> TakeAsync(string secret, CancellationToken cancellationToken) =>
        await Links.TakeAsync(secret, cancellationToken) is { } stored && _book.Of(stored) is var build && Open(build) is { } file ? (file, build) : null;

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
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return new EstateAnswer(EstateCode.QueueFull, $"{MaxWaiting} builds of agents are waiting already. Order again when one has ended.");
        }
        var ordered = new OrderedBuild(build, checkedOrder, who, progress);
        try
        {
            await _book.OrderAsync(ordered, cancellationToken);
        }
        catch
        {
            Interlocked.Decrement(ref _waiting);
            throw;
        }
        Tell(build, progress);
        // When the master is stopping the next one finds it in the database.
        _queue.Writer.TryWrite(ordered);
        return new EstateAnswer(EstateCode.Accepted, "", "", build.Id);
    }

    /// <summary>The group, when there is one that the caller may build for.</summary>
    private async Task<(StoredGroup? Group, EstateAnswer? Refusal)> AdmitAsync(Caller who, AgentOrder order, CancellationToken cancellationToken)
    {
        var group = (await _store.ListGroupsAsync(cancellationToken)).FirstOrDefault(
            g => g.Id == order.Group || string.Equals(g.Name, order.Group, StringComparison.OrdinalIgnoreCase));
        if (!who.May(Right.AgentBuild, group?.Name))
            return (null, EstateAnswer.Denied($"Building agents needs the right '{Right.AgentBuild}' in the group, or owning it."));
        if (group is null) return (null, new EstateAnswer(EstateCode.UnknownGroup, "There is no group of that id or name. Make one, 'quern group add NAME', or take one of those that 'quern group list' shows.", "group"));
        return order.Deploy is not null && !who.May(Right.AgentDeploy, group.Name)
            ? (null, EstateAnswer.Denied($"Bringing an agent to a machine needs the right '{Right.AgentDeploy}' in the group."))
            : (group, null);
    }

    private async Task BuildAllAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var ordered in _queue.Reader.ReadAllAsync(stopping))
            {
                Interlocked.Decrement(ref _waiting);
                await BuildOneAsync(ordered, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The stop was asked for.
        }
    }

    private async Task BuildOneAsync(OrderedBuild ordered, CancellationToken stopping)
    {
        var build = ordered.Build;
        AgentBuildNote? note = null;
        try
        {
            await _book.SweepAsync(stopping);
            (build, note) = await _builder.BuildAsync(ordered, async (next, said) =>
            {
                build = next;
                await _book.MoveAsync(next, said, CancellationToken.None);
                Tell(next, ordered.Progress);
            }, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            _book.Leave(build.Id);
            throw;
        }
        catch (Exception e)
        {
            Log.Broke(_logger, build.Id, e);
            build = build with { Step = AgentBuildStep.Error, Message = "The build broke down; the farm's log says why.", Artifact = null };
        }
        try
        {
            build = await _book.EndAsync(build, note);
        }
        catch (Exception e)
        {
            // As it stands in the database it has not ended: the next start takes it up.
            Log.NotKept(_logger, build.Id, e);
            build = build with { Step = AgentBuildStep.Error, Message = $"The farm could not keep it: {e.Message}", Artifact = null };
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
                        await _book.SweepAsync(stopping);
                    }
                    catch (Exception e) when (e is not OperationCanceledException)
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
        [LoggerMessage(3431, LogLevel.Error, "The build {Build} of an agent broke down.")]
        public static partial void Broke(ILogger logger, string build, Exception exception);

        [LoggerMessage(3432, LogLevel.Error, "The build {Build} of an agent could not be kept.")]
        public static partial void NotKept(ILogger logger, string build, Exception exception);

        [LoggerMessage(3433, LogLevel.Debug, "Nobody could be told of the build {Build} of an agent.")]
        public static partial void NotTold(ILogger logger, string build, Exception exception);

        [LoggerMessage(3434, LogLevel.Warning, "Old builds of agents could not be removed; it is tried again in ten minutes.")]
        public static partial void NotSwept(ILogger logger, Exception exception);

        [LoggerMessage(3435, LogLevel.Information, "The build {Build} of an agent, ordered before the master ended, is taken up again.")]
        public static partial void TakenUp(ILogger logger, string build);

        [LoggerMessage(3436, LogLevel.Warning, "The build {Build} of an agent, ordered before the master ended, has failed: {Reason}")]
        public static partial void Lost(ILogger logger, string build, string reason);
    }
}
