using System.Collections.Immutable;
using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;

namespace Quern.Peers.Buildbot.Perspective;

/// <summary>
/// The builders of one worker: one for each working place that is offered, and one for each other place that a command needs.
/// A worker is always told the complete list, one list at a time; what runs a command never leaves it, because a worker kills
/// what it is no longer told of.
/// </summary>
internal sealed class BuilderBook(PerspectiveConnection connection, RemoteReference bot)
{
    /// <summary>Idle places that nobody offers are kept up to this many: a worker may hold about 1,000 objects in all.</summary>
    private const int MaxIdleExtras = 128;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, WorkerBuilder> _builders = new(StringComparer.Ordinal);
    private ImmutableArray<string> _offered = [];

    /// <summary>The list that is on its way; each waits for the one before.</summary>
    private Task<string?> _telling = Task.FromResult<string?>(null);

    /// <summary>Sets which places the worker is to have ready, and tells it. Null when done, else why not.</summary>
    public Task<string?> OfferAsync(ImmutableArray<string> places)
    {
        lock (_lock)
        {
            _offered = places;
            foreach (string place in places) _builders.TryAdd(place, new WorkerBuilder(place));
        }

        return TellAsync();
    }

    /// <summary>Waits for the builder of a place and holds it; null with the reason when the worker has none.</summary>
    public async Task<(WorkerBuilder? Builder, string Problem)> TakeAsync(string place)
    {
        WorkerBuilder builder;
        lock (_lock)
        {
            if (!_builders.TryGetValue(place, out WorkerBuilder? known)) _builders.Add(place, known = new WorkerBuilder(place));
            builder = known;
            builder.Users++;
        }

        await builder.Turn.WaitAsync();
        if (builder.Reference is not null) return (builder, "");
        string? problem = await TellAsync();
        if (builder.Reference is not null) return (builder, "");
        Release(builder);
        return (null, problem ?? $"the worker made no builder '{place}'");
    }

    public void Release(WorkerBuilder builder)
    {
        lock (_lock) builder.Users--;
        builder.Turn.Release();
    }

    /// <summary>Any builder there is, for calls that need one of them; null before the first.</summary>
    public RemoteReference? Any()
    {
        lock (_lock) return _builders.Values.FirstOrDefault(b => b.Reference is not null)?.Reference;
    }

    private Task<string?> TellAsync()
    {
        lock (_lock) return _telling = TellAsync(_telling);
    }

    private async Task<string?> TellAsync(Task before)
    {
        // Not under the lock of whoever asked.
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        (ImmutableArray<WorkerBuilder> wanted, ImmutableArray<WorkerBuilder> dropped) = Choose();
        if (dropped.IsEmpty && wanted.All(b => b.Reference is not null)) return null;
        CallResult result = await connection.CallAsync(bot, PerspectiveNames.SetBuilderList, [List(wanted)]);
        foreach (WorkerBuilder gone in dropped)
            if (gone.Reference is not null) connection.Release(gone.Reference);
        return result switch
        {
            CallResult.Answered answered => Keep(wanted, answered.Value),
            CallResult.Failed failed => $"the worker refused its list of builders: {MasterObjectCalls.Describe(failed.Failure)}",
            CallResult.Lost lost => lost.Reason,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>
    /// What the worker is to have, and what it may forget. The latter leave the book in the same breath: who wants such a place
    /// from now on makes a new entry and waits for the next list.
    /// </summary>
    private (ImmutableArray<WorkerBuilder> Wanted, ImmutableArray<WorkerBuilder> Dropped) Choose()
    {
        lock (_lock)
        {
            List<WorkerBuilder> idle = [.. _builders.Values.Where(b => b.Users == 0 && !_offered.Contains(b.Place))];
            // Slots that are no longer offered go; a builder's own place is likely to be wanted again.
            ImmutableArray<WorkerBuilder> dropped = [.. idle.Where(b => IsSlot(b.Place) || idle.Count > MaxIdleExtras)];
            foreach (WorkerBuilder builder in dropped) _builders.Remove(builder.Place);
            return ([.. _builders.Values.OrderBy(b => b.Place, StringComparer.Ordinal)], dropped);
        }
    }

    private string? Keep(ImmutableArray<WorkerBuilder> wanted, JellyValue answer)
    {
        if (answer is not JellyValue.Dictionary made) return "the worker answered its list of builders with no dictionary";
        foreach ((JellyValue key, JellyValue value) in made.Entries)
        {
            if (value is not JellyValue.Remote remote) continue;
            if (connection.Take(remote) is not { } reference) continue;
            WorkerBuilder? builder = key.TryGetText(out string? name) ? wanted.FirstOrDefault(b => b.Place == name) : null;
            if (builder is null)
            {
                connection.Release(reference);
                continue;
            }

            bool isNew = builder.Reference is null;
            lock (_lock) builder.Reference = reference;
            // Nobody waits for the answer: it stands in the worker's log, as with real masters.
            if (isNew) _ = connection.CallAsync(reference, PerspectiveNames.Print, [], PerspectiveNames.Says("attached"));
        }

        return wanted.FirstOrDefault(b => b.Reference is null) is { } missing ? $"the worker made no builder '{missing.Place}'" : null;
    }

    private static bool IsSlot(string place) => place.StartsWith("slot-", StringComparison.Ordinal);

    private static JellyValue.List List(ImmutableArray<WorkerBuilder> builders) => new([.. builders.Select(b =>
        (JellyValue)new JellyValue.Tuple([JellyValue.Text.Of(b.Place), JellyValue.Text.Of(b.Place)]))]);
}
