using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Peers.Dispatch;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>
/// Agents while the farm runs: who is recognized, what their workers get, and the links that end when they may not be any more. Follows
/// the journal, so that what another process of the farm changed holds here too, accounts of other workers included.
/// </summary>
internal sealed partial class AgentRoom(AgentBook book, Gate gate, WorkerDoor door, FarmStore store, TimeProvider time, ILogger<AgentRoom> logger)
    : ICertificateGate, IAsyncDisposable
{
    public const string Revoked = "its certificate was revoked";

    private readonly RefusalNotes _refusals = new(time);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Links that came with a certificate, until they end.</summary>
    private readonly ConcurrentDictionary<IWorkerLink, Arrival> _links = new();

    /// <param name="Told">Which wish to renew it was told of; null for none.</param>
    private sealed record Arrival(string Uuid, string Serial, DateTimeOffset? Told);

    /// <summary>What goes on beside the calls that began it.</summary>
    private readonly ConcurrentDictionary<Task, bool> _tasks = new();

    private Task _following = Task.CompletedTask;

    /// <summary>Takes in the agents and accounts that there are, and begins to follow the journal.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        long from = store.LastSequence;
        await book.LoadAsync(cancellationToken);
        await door.RefreshAsync(cancellationToken);
        foreach (var agent in book.Agents) Equip(agent);
        _following = JournalFollower.FollowAsync(store, from, TakeAsync, e => Log.JournalNotRead(logger, e), time, _stopping.Token);
    }

    public AgentBook Book => book;

    public bool IsOnline(StoredAgent agent) => gate.Pool.Find(agent.Worker) is not null;

    /// <summary>Names of workers that are here, with an account or without.</summary>
    public IEnumerable<string> NamesHere => gate.Pool.Standings().Select(s => s.Description.Name.Value);

    /// <summary>Jobs that an agent runs now.</summary>
    public int Busy(StoredAgent agent) => gate.Pool.StandingOf(agent.Worker)?.Busy ?? 0;

    /// <summary>Makes a change of an agent that is stored hold here: for its next connection, its jobs and the link it has.</summary>
    public async Task ApplyAsync(string uuid, CancellationToken cancellationToken)
    {
        var (before, now) = await book.RefreshAsync(uuid, cancellationToken);
        if (before?.Worker != now?.Worker || before?.State != now?.State) await door.RefreshAsync(cancellationToken);
        if (now is not null) Equip(now);
        foreach (var (link, of) in _links)
        {
            if (of.Uuid != uuid) continue;
            if (now is not { State: AgentState.Active }) link.Close(Revoked);
            else if (link.Description.Name != now.Worker) link.Close("it was renamed");
            else if (MustRenew(now, of.Serial) is { } asked && asked != of.Told && _links.TryUpdate(link, of with { Told = asked }, of))
                Keep(SendToRenewAsync(link));
        }
    }

    public CertifiedWorker? Recognize(ReadOnlyMemory<byte> certificate) =>
        !door.IsClosed && book.Recognize(certificate) is { Agent: { } agent, Serial: var serial } ? new CertifiedWorker(agent.Worker, MustRenew(agent, serial)) : null;

    public async ValueTask CameAsync(IWorkerLink link, CertifiedWorker worker, ReadOnlyMemory<byte> certificate, string remote)
    {
        var (agent, serial, _) = book.Recognize(certificate);
        if (agent is not null)
        {
            _links[link] = new Arrival(agent.Uuid, serial, worker.RenewalAskedAt);
            Keep(ForgetAsync(link));
        }
        // Whoever revokes it from here on finds the link; who did before is seen here.
        if (agent is null || book.Recognize(certificate).Agent is null)
        {
            link.Close(Revoked);
            return;
        }
        var says = link.Description;
        try
        {
            await store.AgentCameAsync(agent.Uuid, serial, says.Version, PlatformOf(says), says.Host, remote, CancellationToken.None);
            await ApplyAsync(agent.Uuid, CancellationToken.None);
        }
        catch (Exception e)
        {
            // It works all the same; that it was here is told the next time.
            Log.ComingNotKept(logger, agent.Worker.Value, e);
        }
    }

    public void Refused(ReadOnlyMemory<byte> certificate, string remote)
    {
        var (_, serial, problem) = book.Recognize(certificate);
        if (door.IsClosed || problem.Length == 0 || !_refusals.Take(serial)) return;
        Keep(KeepRefusalAsync(book.OwnerOf(serial), problem, remote));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _following;
        await Task.WhenAll(_tasks.Keys);
        _stopping.Dispose();
        book.Dispose();
    }

    /// <summary>The wish that its certificate be renewed, if the one that it shows is older; else null.</summary>
    private DateTimeOffset? MustRenew(StoredAgent agent, string serial) => book.IssuedAt(serial) <= agent.RenewalAskedAt ? agent.RenewalAskedAt : null;

    private void Equip(StoredAgent agent)
    {
        gate.Pool.SetSlots(agent.Worker, agent.Slots);
        gate.Pool.SetTags(agent.Worker, agent.Tags);
        gate.Pool.SetDrained(agent.Worker, agent.Drained);
        if (!agent.Drained) gate.Wake();
    }

    /// <summary>Lets it finish what it runs, then ends the link: when it comes back it is told to renew.</summary>
    private async Task SendToRenewAsync(IWorkerLink link)
    {
        await Task.WhenAny(gate.Pool.RetireAsync(link), link.Closed);
        link.Close("it is to renew its certificate");
    }

    private async Task ForgetAsync(IWorkerLink link)
    {
        await link.Closed;
        _links.TryRemove(link, out _);
    }

    private async Task KeepRefusalAsync(string subject, string reason, string remote)
    {
        try
        {
            await store.RefuseAgentAsync(subject, reason, remote, CancellationToken.None);
        }
        catch (Exception e)
        {
            // Nobody waits for this; it was refused all the same.
            Log.RefusalNotKept(logger, e);
        }
    }

    private async Task TakeAsync(ImmutableArray<FarmEvent> events, CancellationToken stopping)
    {
        foreach (string uuid in events.Where(IsOfAgent).Select(e => e.Subject).Distinct()) await ApplyAsync(uuid, stopping);
        if (events.Any(e => e.Kind is EventKinds.GroupSaved or EventKinds.GroupRemoved)) await book.RefreshGroupsAsync(stopping);
        if (events.Any(e => e.Kind is EventKinds.WorkerSaved or EventKinds.WorkerRemoved)) await door.RefreshAsync(stopping);
    }

    private static bool IsOfAgent(FarmEvent e) => e.Kind.StartsWith(EventKinds.AgentPrefix, StringComparison.Ordinal) && e.Kind != EventKinds.AgentRefused;

    private void Keep(Task task)
    {
        _tasks[task] = true;
        _ = task.ContinueWith(t => _tasks.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>As .NET calls it; empty when the worker does not say. One that tells its processor alone is taken to have the usual C library.</summary>
    private static string PlatformOf(WorkerDescription says) => says.Platform.Length > 0 ? says.Platform : says.Architecture switch
    {
        "" => "",
        "x86_64" => "linux-x64",
        "aarch64" => "linux-arm64",
        "i686" => "linux-x86",
        var other => $"linux-{other}",
    };

    private static partial class Log
    {
        [LoggerMessage(3601, LogLevel.Warning, "That agent {Worker} came could not be kept.")]
        public static partial void ComingNotKept(ILogger logger, string worker, Exception error);

        [LoggerMessage(3602, LogLevel.Warning, "That an agent was refused could not be kept.")]
        public static partial void RefusalNotKept(ILogger logger, Exception error);

        [LoggerMessage(3603, LogLevel.Error, "Changes of agents could not be read from the journal; trying again.")]
        public static partial void JournalNotRead(ILogger logger, Exception error);
    }
}
