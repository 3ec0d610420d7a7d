using System.Collections.Immutable;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>What is known of workers: those that may join, those that are here, and what each last did.</summary>
internal sealed class WorkerBook(FarmStore store, WorkerPool pool)
{
    private const int ShownEvents = 100;

    /// <summary>Events that are read to find a worker's last change.</summary>
    private const int LookedAt = 10;

    public static string Version { get; } = typeof(WorkerBook).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>By name, from after <paramref name="after"/> on.</summary>
    public async Task<(ImmutableArray<WorkerModel> Items, string? Next)> ListAsync(string? after, int limit, CancellationToken cancellationToken)
    {
        var standings = pool.Standings().ToDictionary(s => s.Description.Name.Value);
        var accounts = (await store.ListWorkersAsync(cancellationToken)).ToDictionary(a => a.Name.Value);
        var names = accounts.Keys.Union(standings.Keys).Where(n => after is null || string.CompareOrdinal(n, after) > 0)
            .Order(StringComparer.Ordinal).Take(limit + 1).ToList();
        var items = ImmutableArray.CreateBuilder<WorkerModel>();
        foreach (string name in names.Take(limit))
        {
            var events = await store.ListWorkerEventsAsync(new WorkerName(name), LookedAt, cancellationToken);
            items.Add(ModelOf(name, accounts.GetValueOrDefault(name), standings.GetValueOrDefault(name), events));
        }
        return (items.ToImmutable(), names.Count > limit ? names[limit - 1] : null);
    }

    /// <summary>With its newest events; null when nobody ever heard of it.</summary>
    public async Task<WorkerModel?> FindAsync(WorkerName name, CancellationToken cancellationToken)
    {
        var standing = pool.Standings().FirstOrDefault(s => s.Description.Name == name);
        var account = (await store.ListWorkersAsync(cancellationToken)).FirstOrDefault(a => a.Name == name);
        var events = await store.ListWorkerEventsAsync(name, ShownEvents, cancellationToken);
        if (standing is null && account is null && events.IsEmpty) return null;
        return ModelOf(name.Value, account, standing, events) with { Events = [.. events.Select(e => new WorkerEventModel(e.Time, e.Kind, e.Reason))] };
    }

    public async Task<FarmModel> FarmAsync(CancellationToken cancellationToken)
    {
        var standings = pool.Standings();
        var counts = await store.CountJobsAsync(cancellationToken);
        return new FarmModel(Version, counts.ToImmutableSortedDictionary(c => c.Key.Word(), c => c.Value), standings.Length,
            standings.Sum(s => s.Busy), standings.Sum(s => s.Slots), store.LastSequence);
    }

    private static WorkerModel ModelOf(string name, WorkerAccount? account, WorkerStanding? standing, ImmutableArray<WorkerEvent> events)
    {
        // That somebody else was turned away under its name is no change of a worker that is here.
        var last = (standing is null ? null : events.FirstOrDefault(e => e.Kind != "refused")) ?? events.FirstOrDefault();
        var description = standing?.Description ?? events.FirstOrDefault(e => e.Description is not null)?.Description;
        string state = standing is not null ? "connected" : account is { Enabled: false } ? "disabled" : "away";
        return new WorkerModel(
            name, state, standing?.Slots ?? account?.Slots ?? 0, standing?.Busy ?? 0, description?.Protocol ?? "", description?.Version ?? "",
            description?.Architecture ?? "", description?.OperatingSystem ?? "", last?.Time, last is null ? "" : $"{last.Kind}: {last.Reason}",
            account?.Origin ?? "embedded");
    }
}
