using System.Collections.Concurrent;
using System.Collections.Immutable;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>
/// All builds that are known: those that wait or run, and those that ended less than a day ago. The database has them, so that they outlive
/// the master; what it does not have is how far one is within its step. Safe for many calls at once.
/// </summary>
internal sealed class BuildBook(FarmStore store, AgentShelf shelf, TimeProvider time)
{
    /// <summary>Artifacts kept at most; the oldest make room. With 12 MiB each they take 3 GiB.</summary>
    public const int MaxKept = 256;

    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    /// <summary>Those that run in this process, by id; written by their builder, empty between them.</summary>
    private readonly ConcurrentDictionary<string, AgentBuild> _running = new(StringComparer.Ordinal);

    /// <summary>Those of the whole farm, newest first.</summary>
    public async Task<ImmutableArray<AgentBuild>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await store.ListAgentBuildsAsync("", cancellationToken)).Select(Of)];

    public async Task<AgentBuild?> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAgentBuildAsync(id, cancellationToken) is { } found ? Of(found) : null;

    public AgentBuild Of(StoredAgentBuild stored) => _running.TryGetValue(stored.Id, out var running) ? running : AgentBuild.Of(stored, shelf.Id);

    /// <summary>Keeps an order; when this returns it is built, whatever becomes of this process.</summary>
    public Task OrderAsync(OrderedBuild ordered, CancellationToken cancellationToken) => store.SaveAgentBuildAsync(ordered.ToStored(shelf.Id), cancellationToken);

    /// <summary>Notes how far a build is; its steps are kept, the way within one is not.</summary>
    public async Task MoveAsync(AgentBuild build, AgentBuildNote? note, CancellationToken cancellationToken)
    {
        bool isStep = note is not null || !_running.TryGetValue(build.Id, out var before) || before.Step != build.Step;
        _running[build.Id] = build;
        if (isStep) await store.SaveAgentBuildStandingAsync(build.Id, build.ToStanding(), note, cancellationToken);
    }

    /// <summary>Keeps how a build ended, and until when it is known.</summary>
    public async Task<AgentBuild> EndAsync(AgentBuild build, AgentBuildNote? note)
    {
        var ended = build with { KeptUntil = time.GetUtcNow() + KeptFor };
        try
        {
            if (ended.Artifact is null) shelf.Remove(ended.Id);
            await store.SaveAgentBuildStandingAsync(ended.Id, ended.ToStanding(), note, CancellationToken.None);
            return ended;
        }
        finally
        {
            _running.TryRemove(build.Id, out _);
        }
    }

    /// <summary>It stands in the database alone again; the next start finds it there.</summary>
    public void Leave(string id) => _running.TryRemove(id, out _);

    /// <summary>Forgets those whose day is over, and the oldest above the limit.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (string id in await store.ForgetAgentBuildsAsync(shelf.Id, MaxKept, cancellationToken)) shelf.Remove(id);
    }
}
