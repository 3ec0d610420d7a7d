using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>
/// Gives agents another program, one after the other, each perhaps its own: it finishes what it runs, gets the program, tries whether it starts on that machine, and
/// comes back by it. The first that does not ends the whole; that agent goes back to its program by itself.
/// </summary>
internal sealed partial class AgentUpgrades(AgentRoom room, WorkerPool pool, FarmStore store, BlobStore blobs, TimeProvider time, ILogger<AgentUpgrades> logger) : IAsyncDisposable
{
    /// <summary>The agent's own patience with a program on trial is five minutes; then it must come back by the one before.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>Beside the slots, so that no job is in its way; below the agent's folder of builds, which is below its own.</summary>
    private const string Place = "upgrade";

    private const string File = "quern-worker";
    private const string StateFolder = "../..";
    private const int Executable = 0x1ED;   // 0755

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private AgentUpgrade? _upgrade;
    private Task _running = Task.CompletedTask;

    /// <summary>Completes when the last one that was begun has ended.</summary>
    public Task Ended
    {
        get
        {
            lock (_lock) return _running;
        }
    }

    /// <summary>The one that goes on, else the last; null when there was none.</summary>
    public AgentUpgrade? Standing
    {
        get
        {
            lock (_lock) return _upgrade;
        }
    }

    /// <summary>
    /// The agents that an upgrade is for, by name; needs <c>agent:deploy</c> in the group of each. Else what is wrong.
    /// </summary>
    /// <param name="group">Id or name; empty for all that are named, or that the caller sees.</param>
    /// <param name="names">Names or UUIDs; none for all of the group.</param>
    public async Task<(ImmutableArray<StoredAgent> Agents, EstateAnswer? Problem)> ChooseAsync(
        Caller who, string group, ImmutableArray<string> names, CancellationToken cancellationToken)
    {
        var seen = (await store.ListAgentsAsync(cancellationToken)).Where(a => AgentDesk.Sees(who, a) && (group.Length == 0 || AgentDesk.IsOf(a.Team, a.Group, group))).ToList();
        if (names.FirstOrDefault(n => !seen.Any(a => IsCalled(a, n))) is { } missing) return ([], new EstateAnswer(EstateCode.NotFound, $"There is no agent '{missing}'."));
        ImmutableArray<StoredAgent> chosen = [.. seen.Where(a => a.State == AgentState.Active && (names.IsEmpty || names.Any(n => IsCalled(a, n))))];
        if (chosen.FirstOrDefault(a => !who.May(Right.AgentDeploy, a.Group)) is { } denied)
            return ([], EstateAnswer.Denied($"This needs the right '{Right.AgentDeploy}' in the group '{denied.Group}'."));
        return chosen.IsEmpty ? ([], new EstateAnswer(EstateCode.InvalidOptions, "None of these agents could be upgraded: none is active.")) : (chosen, null);
    }

    /// <summary>What the caller may see of the last upgrade.</summary>
    public AgentUpgrade? StandingFor(Caller who) => Standing is { } all
        ? all with { Agents = [.. all.Agents.Where(a => room.Book.Find(a.Uuid) is { } agent && AgentDesk.Sees(who, agent))] }
        : null;

    /// <summary>Begins; <see cref="EstateCode.InUse"/> while another one goes on.</summary>
    public EstateAnswer Start(ImmutableArray<AgentOffer> offers, Actor who)
    {
        lock (_lock)
        {
            if (_upgrade is { Ended: false }) return new EstateAnswer(EstateCode.InUse, "Another upgrade goes on; one agent at a time.");
            _upgrade = new AgentUpgrade(
                [.. offers.Select(o => new AgentUpgradeStep(o.Agent.Uuid, o.Agent.Worker.Value, o.Agent.Platform, o.Program, AgentUpgradeState.Waiting))], Ended: false);
            _running = Task.Run(() => RunAsync(offers, who, _stopping.Token));
        }
        return new EstateAnswer(EstateCode.Accepted);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(ImmutableArray<AgentOffer> offers, Actor who, CancellationToken stopping)
    {
        bool failed = false;
        foreach (var (agent, program, none) in offers)
        {
            var link = pool.Find(agent.Worker);
            string problem = none.Length > 0 ? none : failed ? "one before it failed" : link is null ? "it is not connected" : "";
            if (problem.Length > 0)
            {
                Note(agent, AgentUpgradeState.Skipped, problem);
                continue;
            }
            if (link!.Description.Program == program)
            {
                Note(agent, AgentUpgradeState.Current, "it runs this program already");
                continue;
            }
            try
            {
                problem = await UpgradeAsync(agent, program, stopping) ?? "";
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                problem = "the master stopped";
            }
            catch (Exception e)
            {
                Log.UpgradeFailed(logger, agent.Worker.Value, e);
                problem = e.Message;
            }
            failed = problem.Length > 0;
            Note(agent, failed ? AgentUpgradeState.Failed : AgentUpgradeState.Done, problem);
            await store.SaveAgentUpgradeAsync(agent.Uuid, program, problem, who, CancellationToken.None);
        }
        lock (_lock) _upgrade = _upgrade! with { Ended = true };
    }

    /// <summary>Null when the agent works by the program; else why not.</summary>
    private async Task<string?> UpgradeAsync(StoredAgent agent, Sha256Hash program, CancellationToken stopping)
    {
        if (pool.Find(agent.Worker) is not { } link) return "it went away";
        Note(agent, AgentUpgradeState.Draining, "");
        await Task.WhenAny(pool.RetireAsync(link), link.Closed).WaitAsync(stopping);

        Note(agent, AgentUpgradeState.Sending, "");
        string? problem = await SendAsync(link, program, stopping);
        // Otherwise it would stay without jobs.
        if (problem is not null) link.Close("its upgrade failed");
        if (problem is not null) return problem;

        Note(agent, AgentUpgradeState.Trying, "");
        using var patience = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            await link.ShutdownAsync(both.Token);
            var back = await BackAsync(agent, link, both.Token);
            string there = $"{StateFolder}/program";
            return await RunAsync(back, ["test", $"{there}/current", "-ef", $"{there}/{program.Hex}"], stopping) is { } gone
                ? $"it came back by the program before ({gone}); see its log"
                : null;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return $"it did not come back within {Patience.TotalMinutes:0} min";
        }
    }

    /// <summary>Brings the program, tries whether it starts there, and has it take its place. Null when all went well.</summary>
    private async Task<string?> SendAsync(IWorkerLink link, Sha256Hash program, CancellationToken stopping)
    {
        if (blobs.OpenRead(program) is not { } source) return "the program is not in the farm's store any more";
        await using (var file = new ProgramSource(source))
        {
            var sent = await link.RunAsync(new RemoteCommand.DownloadFile(new MasterSource.Blob(program.Hex), File) { Mode = Executable }, Place, file, stopping);
            if (Problem(sent) is { } problem) return $"it could not store the program: {problem}";
        }
        if (await RunAsync(link, [$"./{File}", "--version"], stopping) is { } broken) return $"the program does not start on that machine: {broken}";
        return await RunAsync(link, [$"./{File}", "agent", "adopt", "--program", File, "--state", StateFolder], stopping) is { } refused
            ? $"the program could not be put in place: {refused}"
            : null;
    }

    private static async Task<string?> RunAsync(IWorkerLink link, ImmutableArray<string> command, CancellationToken stopping) =>
        Problem(await link.RunAsync(new RemoteCommand.Shell { Command = command }, Place, new ProgramSource(Stream.Null), stopping));

    private static string? Problem(CommandResult result) => result switch
    {
        CommandResult.Ended { ExitCode: 0 } => null,
        CommandResult.Ended ended => $"exit code {ended.ExitCode}",
        CommandResult.Refused refused => refused.Reason,
        CommandResult.Lost lost => lost.Reason,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The link by which it comes back.</summary>
    private async Task<IWorkerLink> BackAsync(StoredAgent agent, IWorkerLink before, CancellationToken cancellationToken)
    {
        while (true)
        {
            long seen = store.LastSequence;
            // By its UUID: somebody may give it another name meanwhile.
            if (room.Book.Find(agent.Uuid) is { } now && pool.Find(now.Worker) is { } link && link != before) return link;
            await store.WaitPastAsync(seen, cancellationToken);
        }
    }

    private static bool IsCalled(StoredAgent agent, string name) => agent.Uuid == name || agent.Worker.Value == name;

    private void Note(StoredAgent agent, AgentUpgradeState state, string detail)
    {
        lock (_lock) _upgrade = _upgrade!.With(agent.Uuid, state, detail);
    }

    private static partial class Log
    {
        [LoggerMessage(3611, LogLevel.Error, "The upgrade of agent {Worker} failed.")]
        public static partial void UpgradeFailed(ILogger logger, string worker, Exception error);
    }
}
