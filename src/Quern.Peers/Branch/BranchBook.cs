using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Quern.Graph;
using Quern.Model;
using Quern.Storage;

namespace Quern.Peers.Branch;

/// <summary>
/// What Branch clients ask for again and again, kept up with the journal: the recipes, the newest system events, when the list of
/// finished jobs was last cleared. Whoever asks gets an answer that knows every change committed before the question.
/// </summary>
public sealed class BranchBook(FarmStore store, TimeProvider time) : IDisposable
{
    /// <summary>System events that are kept; the original empties its list beyond as many.</summary>
    private const int MaxEvents = 50;

    /// <summary>Events that are looked at when the book is opened.</summary>
    private const int FirstLook = 10_000;

    private const int Page = 10_000;

    /// <summary>Changed recipes that are read one by one; beyond, all recipes at once is cheaper.</summary>
    private const int MaxSingleReads = 200;

    private readonly SemaphoreSlim _one = new(1);

    /// <summary>The newest event taken in; -1 before the first look. Written under the semaphore.</summary>
    private long _seen = -1;

    /// <summary>Null when a recipe has changed since it was made. Written under the semaphore.</summary>
    private volatile BranchRecipes? _recipes;

    /// <summary>What <see cref="_recipes"/> is made of; null before the first question. Touched under the semaphore alone.</summary>
    private Dictionary<PackageName, BranchRecipes.Entry>? _entries;

    /// <summary>Recipes that changed since they were read into the entries.</summary>
    private readonly HashSet<PackageName> _changed = [];

    /// <summary>Oldest first. Touched under the semaphore, like the next.</summary>
    private readonly Queue<string> _events = [];

    private DateTimeOffset? _cleared;

    internal async ValueTask<BranchRecipes> RecipesAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _seen) == store.LastSequence && _recipes is { } known) return known;
        await _one.WaitAsync(cancellationToken);
        try
        {
            await CatchUpAsync(cancellationToken);
            if (_recipes is { } current) return current;
            await ReadRecipesAsync(cancellationToken);
            return _recipes = BranchRecipes.Of(_entries!.Values);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Oldest first, as the original writes them.</summary>
    internal async ValueTask<ImmutableArray<string>> EventsAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            await CatchUpAsync(cancellationToken);
            return [.. _events];
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>When the list of finished jobs was last cleared; null for never.</summary>
    internal async ValueTask<DateTimeOffset?> ClearedAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            await CatchUpAsync(cancellationToken);
            return _cleared;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>Reads what changed; all of it the first time and after many changes.</summary>
    private async Task ReadRecipesAsync(CancellationToken cancellationToken)
    {
        // Read after the journal: at worst more is known than the journal told so far, and is read again for that.
        if (_entries is null || _changed.Count > MaxSingleReads)
        {
            var all = await store.ListRecipesAsync(cancellationToken);
            _entries = all.ToDictionary(r => r.Recipe.Name, r => new BranchRecipes.Entry(PackageNode.Of(r.Recipe), r.Time));
        }
        else
        {
            foreach (var name in _changed)
            {
                if (await store.FindRecipeAsync(name, null, cancellationToken) is { Deleted: false } found) _entries[name] = new BranchRecipes.Entry(PackageNode.Of(found.Recipe), found.Time);
                else _entries.Remove(name);
            }
        }
        _changed.Clear();
    }

    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        long last = store.LastSequence, seen = _seen;
        if (seen < 0)
        {
            seen = Math.Max(0, last - FirstLook);
            _cleared = (await store.FindLastEventAsync(EventKinds.JobsCleared, cancellationToken))?.Time;
        }
        while (seen < last)
        {
            var events = await store.ReadJournalAsync(seen, Page, cancellationToken);
            if (events.IsEmpty) break;
            foreach (var e in events) Take(e);
            seen = events[^1].Sequence;
        }
        Volatile.Write(ref _seen, Math.Max(seen, 0));
    }

    private void Take(FarmEvent e)
    {
        switch (e.Kind)
        {
            case EventKinds.RecipeSaved or EventKinds.RecipeDeleted:
                _recipes = null;
                if (PackageName.TryParse(e.Subject, out var name)) _changed.Add(name);
                break;
            case EventKinds.JobsCleared:
                _cleared = e.Time;
                break;
        }
        if (TextOf(e) is not { } text) return;
        string issuer = IsKick(e) ? "Overwatch" : e.Actor == Actor.Farm.Name || !e.Actor.StartsWith(BranchClient.ActorPrefix, StringComparison.Ordinal)
            ? "Branchmaster"
            : e.Actor[BranchClient.ActorPrefix.Length..];
        string at = TimeZoneInfo.ConvertTime(e.Time, time.LocalTimeZone).ToString("HH:mm:ss dd-MM-yyyy", CultureInfo.InvariantCulture);
        _events.Enqueue($"[{at}] {issuer} => {text}");
        if (_events.Count > MaxEvents) _events.Dequeue();
    }

    /// <summary>What an operator of the old farm would want to read of an event; null for the daily business of jobs.</summary>
    private static string? TextOf(FarmEvent e)
    {
        // Most events are of jobs; they are not read for a reason that nobody asks for.
        if (!IsTold(e.Kind)) return null;
        string reason = ReasonOf(e.Data);
        string because = reason.Length == 0 ? "" : $" ({reason})";
        return e.Kind switch
        {
            EventKinds.WorkerPrefix + "connected" => $"Buildbot '{e.Subject}' connected.",
            EventKinds.WorkerPrefix + "disconnected" when IsKick(e) => $"Buildbot '{e.Subject}' {reason}",
            EventKinds.ClientPrefix + "reported" => reason,
            EventKinds.WorkerPrefix + "disconnected" => $"Buildbot '{e.Subject}' disconnected{because}.",
            EventKinds.WorkerPrefix + "refused" => $"Buildbot '{e.Subject}' was refused{because}.",
            EventKinds.ClientPrefix + "refused" => $"Client '{e.Subject}' was refused{because}.",
            EventKinds.ClientPrefix + "failed" => $"A request of client '{e.Subject}' failed{because}.",
            EventKinds.ListenerOpened => $"Listening: {e.Subject}.",
            EventKinds.ListenerClosed => $"No longer listening: {e.Subject}.",
            EventKinds.JobLost => $"A build was lost{because}.",
            EventKinds.RecipeDeleted => $"Packagebuild '{e.Subject}' was deleted.",
            EventKinds.JobsCleared => "The list of completed jobs was cleared.",
            _ => null,
        };
    }

    private static bool IsTold(string kind) =>
        kind is EventKinds.ListenerOpened or EventKinds.ListenerClosed or EventKinds.JobLost or EventKinds.RecipeDeleted or EventKinds.JobsCleared
        || kind.StartsWith(EventKinds.WorkerPrefix, StringComparison.Ordinal) || kind.StartsWith(EventKinds.ClientPrefix, StringComparison.Ordinal);

    private static bool IsKick(FarmEvent e) =>
        e.Kind == EventKinds.WorkerPrefix + "disconnected" && ReasonOf(e.Data).StartsWith(BranchBot.Kicked, StringComparison.Ordinal);

    private static string ReasonOf(string data)
    {
        using var document = JsonDocument.Parse(data);
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("reason", out var reason)
            ? reason.GetString() ?? ""
            : "";
    }
}
