using System.Collections.Immutable;
using System.Globalization;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Protocols.Branch;
using Quern.Scheduling.Matching;

namespace Quern.Peers.Branch;

/// <summary>
/// A build bot: the farm's link to it, and the conversation about its one job.
/// <code>
/// logged in --ready--> idle --order--> ordered --says anything of the job--> building --ready--> idle
///                       |  ^             | 5 s of silence: V1 is told again, V2's job goes elsewhere; 5 s more: out
///                  PING |  | PONG        | cancelled: the bot goes on, what it says is thrown away up to its next ready
///                       v  |
///                      pinged --40 s of silence: out
/// </code>
/// Branch protocol, "Bot side". Requests come one at a time, with the turn held; orders and the end of a cancelled job take the turn.
/// </summary>
internal sealed partial class BranchBot : IRecipeLink
{
    private readonly BranchBots _bots;
    private readonly BranchVisit _visit;
    private readonly BotTurn _turn;
    private readonly Action<string> _close;
    private readonly BranchOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Rung when the bot becomes idle.</summary>
    private readonly Doorbell _rest = new();

    /// <summary>The connection is over, or must end.</summary>
    private readonly CancellationTokenSource _gone = new();
    private readonly CancellationToken _isGone;

    /// <summary>Watches over the bot and over its last build; awaited when it is gone.</summary>
    private readonly Task _overwatch;
    private Task _supervision = Task.CompletedTask;

    /// <summary>It said that it can take a job, and has none. Under the lock.</summary>
    private bool _idle;

    /// <summary>It was asked whether it lives and has not answered. Under the lock.</summary>
    private bool _pinged;

    /// <summary>Under the lock; null between jobs.</summary>
    private BotBuild? _build;

    /// <summary>Orders that it did not take in time.</summary>
    private int _timedOut;

    /// <summary>Replaced as a whole by its own connection.</summary>
    private volatile WorkerDescription? _description;

    public BranchBot(BranchBots bots, BranchVisit visit, BotTurn turn, Action<string> close)
    {
        (_bots, _visit, _turn, _close, _options, _time) = (bots, visit, turn, close, bots.Options, bots.Time);
        _isGone = _gone.Token;
        _overwatch = Task.Run(OverwatchAsync);
    }

    public BranchClient Client => _visit.Client;

    /// <summary>Its name among the farm's workers; null before it is ready for the first time.</summary>
    public WorkerName? Worker => _description?.Name;

    /// <summary>As other clients see it.</summary>
    public string ShownName => _description?.Name.Value ?? Client.Name;

    /// <summary>The job it has and what it does with it; null between jobs.</summary>
    public (JobId Job, string Status)? Doing
    {
        get
        {
            lock (_lock) return _build is { IsAbandoned: false } build ? (build.Order.Job, build.Status) : null;
        }
    }

    public WorkerDescription Description => _description ?? throw new InvalidOperationException("The bot has not joined.");

    public Task<string> Closed => _closed.Task;

    public ImmutableArray<string> Tags => _options.BotTags;

    public double Rating { get; private set; } = WorkerOffer.Unrated;

    public bool IsReady
    {
        get
        {
            lock (_lock) return _idle && !_pinged && _build is null && !_isGone.IsCancellationRequested;
        }
    }

    /// <summary>Fixes the name and what is known of the machine, for the farm.</summary>
    public void Name(WorkerName name)
    {
        string FactOf(string key) => Facts.FirstOrDefault(f => f.Name == key).Value is { } value ? Plain(value) : "";
        string architecture = FactOf("Architecture");
        // What is no time at all would win every job.
        if (double.TryParse(FactOf(BranchFact.PerformanceRating), NumberStyles.Float, CultureInfo.InvariantCulture, out double rating) && rating is > 0 and < WorkerOffer.Unrated)
            Rating = rating;
        _description = new WorkerDescription
        {
            Name = name,
            Protocol = "branch",
            Version = Client.Dialect == BranchDialect.V1 ? "V1" : Client.Version == 0 ? "V2.0" : "V2.1",
            Architecture = MachineArchitecture.Problem(architecture) is null ? architecture : "",
            OperatingSystem = FactOf("Host Distribution"),
            Host = FactOf("Hostname"),
            CpuCount = int.TryParse(FactOf("CPU count"), CultureInfo.InvariantCulture, out int cpus) && cpus is > 0 and < 1_000_000 ? cpus : 0,
        };
    }

    public Task<CommandResult> RunAsync(RemoteCommand command, string place, ICommandObserver observer, CancellationToken interrupt) =>
        Task.FromResult<CommandResult>(new CommandResult.Refused("a build bot takes recipes and no commands"));

    public async Task<RecipeEnd> BuildAsync(RecipeOrder order, JobLog log, CancellationToken cancel)
    {
        var build = new BotBuild(order, log);
        lock (_lock)
        {
            if (_isGone.IsCancellationRequested || !_idle || _build is not null) return new RecipeEnd.Lost("the bot could not take it");
            (_build, _idle) = (build, false);
        }
        _supervision = SuperviseAsync(build);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (cancel.UnsafeRegister(_ => cancelled.TrySetResult(), null))
        {
            if (await Task.WhenAny(build.End.Task, cancelled.Task) == cancelled.Task) await AbandonAsync(build);
        }
        return await build.End.Task;
    }

    /// <summary>There is no word for it.</summary>
    public Task ShutdownAsync(CancellationToken cancellationToken)
    {
        Close("the master sent it home");
        return Task.CompletedTask;
    }

    public void Close(string reason) => _close(reason);

    /// <summary>The connection has ended: its job is lost.</summary>
    public async Task EndedAsync(string reason)
    {
        await _gone.CancelAsync();
        await Task.WhenAll(_overwatch, _supervision);
        // Whoever was about to do something with the job has done it.
        await _turn.EnterAsync(CancellationToken.None);
        BotBuild? build;
        lock (_lock) (build, _build, _idle) = (_build, null, false);
        build?.End.TrySetResult(new RecipeEnd.Lost(reason));
        _turn.Leave();
        _bots.Forget(this);
        _closed.TrySetResult(reason);
        await DisposeAsync();
    }

    /// <summary>The gate does it, and the end of the connection.</summary>
    public ValueTask DisposeAsync()
    {
        _gone.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends a cancelled job at once. The bot cannot be stopped: it is not ready until it says so.</summary>
    private async Task AbandonAsync(BotBuild build)
    {
        try
        {
            // The log is the gate's again when this completes: no request may be writing to it.
            await _turn.EnterAsync(_isGone);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The end of the connection ends the build.
            return;
        }
        try
        {
            build.IsAbandoned = true;
            if (!build.IsSent)
                lock (_lock)
                    if (_build == build) (_build, _idle) = (null, true);
            build.End.TrySetResult(new RecipeEnd.Cancelled());
        }
        finally
        {
            _turn.Leave();
        }
        _rest.Ring();
        _bots.Gate.BotIsReady();
    }

    /// <summary>Gives the job back though the bot is here.</summary>
    private async Task LoseAsync(BotBuild build, string reason)
    {
        await _turn.EnterAsync(_isGone);
        try
        {
            lock (_lock)
                if (_build == build) _build = null;
            build.End.TrySetResult(new RecipeEnd.Lost(reason));
        }
        finally
        {
            _turn.Leave();
        }
    }

    /// <summary>A word of the peer as people may see it.</summary>
    private static string Plain(string text) => string.Concat(text.Trim().Take(200).Select(c => c is >= ' ' and <= '~' ? c : '?'));
}
