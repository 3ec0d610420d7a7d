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

    /// <summary>How many jobs a worker runs at once when nothing else is said.</summary>
    public int DefaultSlots { get; init; } = 1;

    /// <summary>Sets how many jobs run at once on a worker, connected or not. Running jobs are never stopped by it.</summary>
    public void SetSlots(WorkerName worker, int slots)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slots);
        lock (_lock) _slots[worker] = slots;
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

    /// <summary>Takes a link in. An older link of the same name is closed and forgotten; its jobs end as lost.</summary>
    public void Join(IWorkerLink link)
    {
        Member? old;
        lock (_lock)
        {
            _members.Remove(link.Description.Name, out old);
            _members[link.Description.Name] = new Member(link);
        }
        old?.Link.Close("a newer connection of the same name took its place");
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

    /// <summary>What each connected worker could take now.</summary>
    public ImmutableArray<WorkerStanding> Standings()
    {
        lock (_lock)
        {
            var standings = ImmutableArray.CreateBuilder<WorkerStanding>(_members.Count);
            foreach (var (name, member) in _members)
            {
                ImmutableArray<string> tags = _tags.TryGetValue(name, out var given) ? given : [];
                // Made once per worker: a dispatch round looks at every one of them.
                member.OfferedTags ??= WorkerStanding.OfferedBy(member.Link.Description, tags);
                standings.Add(new WorkerStanding(
                    member.Link.Description, SlotsOf(name), member.Busy.Count,
                    member.Busy.Count == 0 ? [] : [.. member.Busy.Where(b => b.Builder.Length > 0).Select(b => b.Builder)])
                {
                    Tags = tags,
                    OfferedTags = member.OfferedTags,
                });
            }
            return standings.DrainToImmutable();
        }
    }

    /// <summary>Takes a working place, or null when the worker is gone, full, or busy with that builder.</summary>
    public Seat? TryTake(WorkerName worker, string builder)
    {
        lock (_lock)
        {
            if (!_members.TryGetValue(worker, out var member) || member.Busy.Count >= SlotsOf(worker)) return null;
            if (builder.Length > 0 && member.Busy.Any(b => b.Builder == builder)) return null;
            var seat = new Seat(member.Link, builder.Length > 0 ? builder : FirstFreePlace(member), builder);
            member.Busy.Add(seat);
            return seat;
        }
    }

    /// <summary>Gives a place back; a second time does nothing, also when another job holds the same place by then.</summary>
    public void Release(Seat seat)
    {
        lock (_lock)
        {
            if (_members.TryGetValue(seat.Worker, out var member) && ReferenceEquals(member.Link, seat.Link))
                member.Busy.RemoveAll(held => ReferenceEquals(held, seat));
        }
    }

    /// <summary>The current link of a name, or null.</summary>
    public IWorkerLink? Find(WorkerName worker)
    {
        lock (_lock) return _members.TryGetValue(worker, out var member) ? member.Link : null;
    }

    private int SlotsOf(WorkerName worker) => _slots.TryGetValue(worker, out int slots) ? slots : DefaultSlots;

    // The lowest number, so that a worker keeps as few slot folders as it needs.
    private static string FirstFreePlace(Member member)
    {
        for (int i = 1; ; i++)
        {
            string place = $"slot-{i}";
            if (!member.Busy.Any(b => b.Place == place)) return place;
        }
    }

    private sealed class Member(IWorkerLink link)
    {
        public IWorkerLink Link { get; } = link;

        /// <summary>Written by TryTake and Release under the lock.</summary>
        public List<Seat> Busy { get; } = [];

        /// <summary>What the scheduler is told of its tags; null until asked for, and again when they change.</summary>
        public ImmutableHashSet<string>? OfferedTags { get; set; }
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

    /// <summary>The tags in the scheduler's words, when they are known already.</summary>
    internal ImmutableHashSet<string>? OfferedTags { get; init; }

    /// <summary>The worker in the scheduler's words: its plain tags, <c>arch=…</c>, and both environments.</summary>
    public WorkerOffer ToOffer() =>
        new(Description.Name, OfferedTags ?? OfferedBy(Description, Tags), Math.Max(0, Slots - Busy), Slots, BusyBuilders);

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
