using System.Collections.Immutable;
using Quern.Model;
using Quern.Scheduling.Matching;

namespace Quern.Peers.Dispatch;

/// <summary>
/// The connected workers and their working places. The newest connection of a name wins. Every operation is short and in
/// memory; nothing is awaited or called back under the lock, except <see cref="IWorkerLink.Close"/> after it.
/// </summary>
public sealed class WorkerPool
{
    private readonly Lock _lock = new();
    private readonly Dictionary<WorkerName, Member> _members = [];
    private readonly Dictionary<WorkerName, int> _slots = [];
    private readonly Dictionary<WorkerName, ImmutableArray<string>> _tags = [];
    private readonly HashSet<WorkerName> _drained = [];

    /// <summary>How many jobs a worker runs at once when nothing else is said.</summary>
    public int DefaultSlots { get; init; } = 1;

    /// <summary>Whether recipes go to workers that take whole recipes, and to no others.</summary>
    public bool RecipesToBots { get; init; }

    /// <summary>
    /// Sets how many jobs run at once on a worker, connected or not. Running jobs are never stopped by it: places above the
    /// new number go when they are idle.
    /// </summary>
    public void SetSlots(WorkerName worker, int slots)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slots);
        IWorkerLink? link;
        ImmutableArray<string> places;
        lock (_lock)
        {
            _slots[worker] = slots;
            link = _members.TryGetValue(worker, out var member) ? member.Link : null;
            places = member is null ? [] : PlacesOf(member);
        }
        link?.Offer(places);
    }

    /// <summary>Folder names of the slots that a worker of this name has.</summary>
    public ImmutableArray<string> SlotPlaces(WorkerName worker)
    {
        lock (_lock) return [.. Enumerable.Range(1, SlotsOf(worker)).Select(SlotName)];
    }

    /// <summary>Sets a worker's plain tags, connected or not.</summary>
    public void SetTags(WorkerName worker, ImmutableArray<string> tags)
    {
        lock (_lock)
        {
            _tags[worker] = tags;
            if (_members.TryGetValue(worker, out var member)) member.OfferedTags = null;
        }
    }

    /// <summary>Gives a worker no more jobs, connected or not, until it is said otherwise; what runs there goes on.</summary>
    public void SetDrained(WorkerName worker, bool drained)
    {
        lock (_lock)
        {
            if (drained) _drained.Add(worker);
            else _drained.Remove(worker);
        }
    }

    /// <summary>Takes a link in. An older link of the same name is closed and forgotten; its jobs end as lost.</summary>
    public void Join(IWorkerLink link)
    {
        Member? old;
        ImmutableArray<string> places;
        lock (_lock)
        {
            _members.Remove(link.Description.Name, out old);
            var member = new Member(link);
            _members[link.Description.Name] = member;
            places = PlacesOf(member);
        }
        old?.Link.Close("a newer connection of the same name took its place");
        // Its slots may have changed since it was asked to prepare them.
        link.Offer(places);
    }

    /// <summary>Forgets a link; does nothing when a newer one of its name has taken its place.</summary>
    public void Leave(IWorkerLink link)
    {
        lock (_lock)
        {
            if (_members.TryGetValue(link.Description.Name, out var member) && ReferenceEquals(member.Link, link))
                _members.Remove(link.Description.Name);
        }
    }

    /// <summary>Gives a link no more jobs. Completes when it runs none; at once when it is not here any more.</summary>
    public Task RetireAsync(IWorkerLink link)
    {
        lock (_lock)
        {
            if (!_members.TryGetValue(link.Description.Name, out var member) || !ReferenceEquals(member.Link, link)) return Task.CompletedTask;
            return member.Retire();
        }
    }

    /// <summary>Sends the worker of a name home: it gets no more jobs, and is ended when it has none. False when none is connected.</summary>
    public bool Dismiss(WorkerName worker)
    {
        lock (_lock) return _members.GetValueOrDefault(worker)?.Dismiss() ?? false;
    }

    /// <summary>Completes when the link's worker is sent home; at once when it is not here any more.</summary>
    public Task DismissedAsync(IWorkerLink link)
    {
        lock (_lock)
            return _members.TryGetValue(link.Description.Name, out var member) && ReferenceEquals(member.Link, link)
                ? member.Dismissed.Task
                : Task.CompletedTask;
    }

    /// <summary>What each connected worker could take now.</summary>
    public ImmutableArray<WorkerStanding> Standings()
    {
        lock (_lock)
        {
            var standings = ImmutableArray.CreateBuilder<WorkerStanding>(_members.Count);
            foreach (var (name, member) in _members) standings.Add(Standing(name, member));
            return standings.DrainToImmutable();
        }
    }

    /// <summary>What one worker could take now; null when it is not connected.</summary>
    public WorkerStanding? StandingOf(WorkerName worker)
    {
        lock (_lock) return _members.TryGetValue(worker, out var member) ? Standing(worker, member) : null;
    }

    /// <summary>Takes a working place, or null when the worker is gone, full, or busy with that builder.</summary>
    public Seat? TryTake(WorkerName worker, string builder)
    {
        lock (_lock)
        {
            if (!_members.TryGetValue(worker, out var member) || member.Idle is not null || _drained.Contains(worker) || !IsReady(member.Link) || member.Busy.Count >= SlotsOf(member.Link)) return null;
            if (builder.Length > 0 && member.Busy.Any(b => b.Builder == builder)) return null;
            var seat = new Seat(member.Link, builder.Length > 0 ? builder : FirstFreePlace(member), builder);
            member.Busy.Add(seat);
            return seat;
        }
    }

    /// <summary>Gives a place back; a second time does nothing, also when another job holds the same place by then.</summary>
    public void Release(Seat seat)
    {
        ImmutableArray<string> places = default;
        lock (_lock)
        {
            if (!_members.TryGetValue(seat.Worker, out var member) || !ReferenceEquals(member.Link, seat.Link)) return;
            if (member.Busy.RemoveAll(held => ReferenceEquals(held, seat)) == 0) return;
            if (member.Busy.Count == 0) member.Idle?.TrySetResult();
            // A slot that was taken away while it was busy.
            if (seat.Builder.Length == 0 && !IsSlot(seat.Place, SlotsOf(seat.Link))) places = PlacesOf(member);
        }
        if (!places.IsDefault) seat.Link.Offer(places);
    }

    /// <summary>The current link of a name, or null.</summary>
    public IWorkerLink? Find(WorkerName worker)
    {
        lock (_lock) return _members.TryGetValue(worker, out var member) ? member.Link : null;
    }

    private WorkerStanding Standing(WorkerName name, Member member)
    {
        ImmutableArray<string> tags = member.Link is IRecipeLink bot ? bot.Tags : _tags.TryGetValue(name, out var given) ? given : [];
        // Made once per worker: a dispatch round looks at every one of them.
        member.OfferedTags ??= WorkerStanding.OfferedBy(member.Link.Description, tags);
        return new WorkerStanding(
            member.Link.Description, member.Idle is null && !_drained.Contains(name) ? SlotsOf(member.Link) : 0, member.Busy.Count,
            member.Busy.Count == 0 ? [] : [.. member.Busy.Where(b => b.Builder.Length > 0).Select(b => b.Builder)])
        {
            Tags = tags,
            OfferedTags = member.OfferedTags,
            IsReady = IsReady(member.Link),
            Rating = (member.Link as IRecipeLink)?.Rating ?? WorkerOffer.Unrated,
            RecipesOnly = member.Link is IRecipeLink,
            PlansOnly = RecipesToBots && member.Link is not IRecipeLink,
        };
    }

    /// <summary>Whoever takes recipes takes one at a time.</summary>
    private int SlotsOf(IWorkerLink link) => link is IRecipeLink ? 1 : SlotsOf(link.Description.Name);

    private static bool IsReady(IWorkerLink link) => link is not IRecipeLink bot || bot.IsReady;

    private int SlotsOf(WorkerName worker) => _slots.TryGetValue(worker, out int slots) ? slots : DefaultSlots;

    /// <summary>Its slots, and what is busy though it is none of them. Called under the lock.</summary>
    private ImmutableArray<string> PlacesOf(Member member) =>
        [.. Enumerable.Range(1, SlotsOf(member.Link)).Select(SlotName).Union(member.Busy.Select(b => b.Place))];

    private static string SlotName(int number) => $"slot-{number}";

    private static bool IsSlot(string place, int slots) => Enumerable.Range(1, slots).Any(i => SlotName(i) == place);

    // The lowest number, so that a worker keeps as few slot folders as it needs.
    private static string FirstFreePlace(Member member)
    {
        for (int i = 1; ; i++)
        {
            string place = SlotName(i);
            if (!member.Busy.Any(b => b.Place == place)) return place;
        }
    }

    private sealed class Member(IWorkerLink link)
    {
        public IWorkerLink Link { get; } = link;

        /// <summary>Written by TryTake and Release under the lock.</summary>
        public List<Seat> Busy { get; } = [];

        /// <summary>Null while it takes jobs; completes when a worker that wants to go home has none left.</summary>
        public TaskCompletionSource? Idle { get; set; }

        /// <summary>Completes when the worker is sent home.</summary>
        public TaskCompletionSource Dismissed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>What the scheduler is told of its tags; null until asked for, and again when they change.</summary>
        public ImmutableHashSet<string>? OfferedTags { get; set; }

        /// <summary>No more jobs from now on. True also when it has been sent home before.</summary>
        public bool Dismiss()
        {
            _ = Retire();
            Dismissed.TrySetResult();
            return true;
        }

        /// <summary>Completes when it runs no job any more.</summary>
        public Task Retire()
        {
            Idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (Busy.Count == 0) Idle.TrySetResult();
            return Idle.Task;
        }
    }
}

/// <summary>A connected worker as the dispatcher and the pages see it.</summary>
/// <param name="Description">What it says of itself.</param>
/// <param name="Slots">How many jobs it may run at once.</param>
/// <param name="Busy">How many it runs now; may exceed <paramref name="Slots"/> for a while after they were lowered.</param>
/// <param name="BusyBuilders">Builders that must not get another job on this worker now.</param>
public sealed record WorkerStanding(WorkerDescription Description, int Slots, int Busy, ImmutableArray<string> BusyBuilders)
{
    /// <summary>Plain tags from the configuration.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>False while it cannot take a job though it has a free place.</summary>
    public bool IsReady { get; init; } = true;

    /// <summary>How fast it is, as <see cref="WorkerOffer.Rating"/>.</summary>
    public double Rating { get; init; } = WorkerOffer.Unrated;

    /// <summary>Whether it takes whole recipes and no plans.</summary>
    public bool RecipesOnly { get; init; }

    /// <summary>Whether it is to have plans alone.</summary>
    public bool PlansOnly { get; init; }

    /// <summary>Places that could take a job now.</summary>
    public int Free => IsReady ? Math.Max(0, Slots - Busy) : 0;

    /// <summary>The tags in the scheduler's words, when they are known already.</summary>
    internal ImmutableHashSet<string>? OfferedTags { get; init; }

    /// <summary>The worker in the scheduler's words: its plain tags, <c>arch=…</c>, and both environments.</summary>
    public WorkerOffer ToOffer() =>
        new(Description.Name, OfferedTags ?? OfferedBy(Description, Tags), Free, Slots, BusyBuilders) { Rating = Rating, RecipesOnly = RecipesOnly, PlansOnly = PlansOnly };

    internal static ImmutableHashSet<string> OfferedBy(WorkerDescription description, ImmutableArray<string> given)
    {
        // Which environments exist is the master's configuration; every worker that takes plans takes both.
        var tags = ImmutableHashSet.CreateBuilder<string>();
        tags.Add("env=release");
        tags.Add("env=cross");
        tags.UnionWith(given);
        // Stock workers do not say what they run on: without a tag like arch=aarch64 they count as the master's own kind.
        if (!tags.Any(t => t.StartsWith("arch=", StringComparison.Ordinal)))
            tags.Add($"arch={(description.Architecture.Length > 0 ? description.Architecture : MachineArchitecture.Here)}");
        return tags.ToImmutable();
    }
}
