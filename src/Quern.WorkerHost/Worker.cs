using Quern.Execution;

namespace Quern.WorkerHost;

/// <summary>The life of the worker program: connect, serve, come back.</summary>
/// <param name="options">What it is told.</param>
/// <param name="folder">Of its base directory; the caller's to give back.</param>
/// <param name="password">For the login.</param>
/// <param name="time">For waits and timers.</param>
/// <param name="log">A line for people.</param>
/// <param name="botLimits">Of a build bot; null for the usual ones.</param>
/// <param name="agent">What an agent does beside; null for a worker that is none.</param>
internal sealed class Worker(
    WorkerOptions options, FolderClaim folder, string password, TimeProvider time, Action<string> log, BotLimits? botLimits = null,
    AgentPart? agent = null)
{
    private readonly MasterDialer _dialer = new(time);
    private readonly Backoff _backoff = new(options.Master.Protocol, options.Patient);
    private readonly BranchMemory _memory = new();
    private volatile IMasterLink? _link;   // while there is a connection
    private int _master;   // which one is tried, of the first and the others
    private bool _renewed;   // since it joined last

    public bool IsConnected => _link is not null;

    /// <returns>
    /// The exit code: 0 after a stop or a master's shutdown, 2 when this machine cannot do what the master asks for, 3 when the master could
    /// not be reached often enough, 4 when it does not want this worker.
    /// </returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        if (folder.Story is { } story) log(story);
        Directory.CreateDirectory(Path.Combine(options.BaseDirectory, "info"));
        var environment = EngineOptions.OwnEnvironment();
        var facts = WorkerFacts.Gather(options.BaseDirectory, environment) with { DeletesLeftoverDirs = options.DeleteLeftoverDirs, Program = agent?.Program };
        if (options.Cpus is { } cpus) facts = facts with { Cpus = cpus };
        await using var engine = new CommandEngine(
            new EngineOptions { BaseDirectory = options.BaseDirectory, Environment = environment, Run = folder.Run }, time);
        using var yard = options.Master.Protocol != MasterProtocol.Branch ? null : new BuildYard(Path.Combine(options.BaseDirectory, "branch"), options.BuildNetwork, options.PrivateSources, botLimits ?? new BotLimits(), time);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await ServeOnceAsync(engine, facts, yard, stop) is { } exitCode) return exitCode;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Stopped while connecting or waiting.
            }
        }
        return 0;
    }

    /// <summary>Asks the master to end this worker when what runs has ended.</summary>
    /// <returns>Null when it will; else why it cannot be asked, for instance because there is no connection.</returns>
    public async Task<string?> AskForShutdownAsync() =>
        _link is { } link ? await link.AskForShutdownAsync() : "the worker is not connected";

    /// <summary>One connection from its making to the wait for the next; the exit code when there is none.</summary>
    private async Task<int?> ServeOnceAsync(CommandEngine engine, WorkerFacts facts, BuildYard? yard, CancellationToken stop)
    {
        try
        {
            await using var link = await ConnectAsync(yard, stop);
            if (link is null) return null;
            _link = link;
            using var session = new WorkerSession(engine, facts, time, Joined, log);
            var end = await session.RunAsync(link, stop);
            log(end.Reason);
            if (session.ShutdownRequested) return 0;
            if (end is LinkEnd.Expelled) return 4;
            if (end is LinkEnd.Unusable) return 2;
            // The wait is within the life of the link: this is how long stock workers keep it open.
            if (end is LinkEnd.Unauthorized) return await WaitAsync(stop);
        }
        catch (IOException e)
        {
            log(e.Message);
            _master = (_master + 1) % (1 + options.OtherMasters.Length);
        }
        finally
        {
            _link = null;
        }
        return await WaitAsync(stop);
    }

    private MasterAddress Master => _master == 0 ? options.Master : options.OtherMasters[_master - 1];

    /// <summary>Null when the connection was only used to learn that there must be a new certificate, and there is: come again with it.</summary>
    private async Task<IMasterLink?> ConnectAsync(BuildYard? yard, CancellationToken stop)
    {
        if (options.Master.Protocol == MasterProtocol.Perspective)
            return new PerspectiveMaster(await _dialer.ConnectAsync(options.Master.Endpoint, stop), options, password, time);
        if (yard is not null)
            return new BranchMaster(await _dialer.ConnectAsync(options.Master.Endpoint, stop), options, password, _memory, yard, log, time);
        var connection = await MessagePackConnection.ConnectAsync(options, Master, password, _dialer, time, stop);
        // Once between two times at work: a master that is never content must not keep the worker from it.
        if (connection.RenewalAsked && agent is not null && !_renewed && await agent.RenewAsync(stop))
        {
            _renewed = true;
            await connection.DisposeAsync();
            return null;
        }
        return options.Master.Protocol == MasterProtocol.MessagePackV1
            ? new MessagePackV1Master(connection, options, password)
            : new MessagePackV7Master(connection);
    }

    private void Joined()
    {
        log($"connected to {Master.Endpoint} as {options.Name}");
        agent?.Joined();
        _backoff.Succeeded();
        _master = 0;
        _renewed = false;
    }

    /// <summary>Until the next attempt; the exit code when there were enough.</summary>
    private async Task<int?> WaitAsync(CancellationToken stop)
    {
        if (options.MaxRetries <= _backoff.Failures + 1)
        {
            log($"giving up after {_backoff.Failures + 1} failed attempts");
            return 3;
        }
        await Task.Delay(_backoff.Next(), time, stop);
        return null;
    }
}
