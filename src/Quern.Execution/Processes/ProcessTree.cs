using System.Text;

namespace Quern.Execution;

/// <summary>
/// Every process a command started, also those that left its group and session and whose parents have died. Three marks
/// lead to them: the session or group of the leader; descent from a process already found (orphans come to us, for the
/// engine is a subreaper, so a living chain is never cut silently); and the variable <see cref="MarkerVariable"/>, which a
/// process inherits unless it throws its environment away. A process that sheds all three marks at once (own session, empty
/// environment, dead parent) is not found.
/// </summary>
internal sealed class ProcessTree
{
    /// <summary>Set in every command's environment; its value names the run of the worker, a dot and the command.</summary>
    public const string MarkerVariable = "QUERN_COMMAND";

    private readonly int? _leader;
    private readonly byte[] _mark;
    private readonly HashSet<int> _spared;

    // Found once, by number and start: a process stays ours when its parent dies and its line of descent with it.
    private readonly HashSet<(int Id, long Started)> _known = [];

    private const int Rounds = 20;   // each finds what the round before had still managed to start

    private ProcessTree(int? leader, string mark, HashSet<int> spared) =>
        (_leader, _mark, _spared) = (leader, Encoding.UTF8.GetBytes(mark), spared);

    /// <summary>What one command started.</summary>
    /// <param name="leader">Its first process, which leads a session.</param>
    /// <param name="marker">The value of its <see cref="MarkerVariable"/>.</param>
    public static ProcessTree OfCommand(int leader, string marker) =>
        new(leader, $"{MarkerVariable}={marker}\0", [Environment.ProcessId]);

    /// <summary>What all commands of a run of a worker started that is over; never this process and those it descends from.</summary>
    /// <param name="run">The part before the last dot in the marks of its commands.</param>
    public static ProcessTree OfRun(string run) => new(null, $"{MarkerVariable}={run}.", Ancestors());

    /// <summary>Ends all of it by SIGKILL; returns when nothing that could start another process is left.</summary>
    /// <returns>The numbers of those it ended.</returns>
    public IReadOnlyCollection<int> Kill()
    {
        var ended = new SortedSet<int>();
        for (int round = 0; round < Rounds; round++)
        {
            var living = Freeze();
            if (living.Count == 0) break;
            foreach (int id in living)
                if (Libc.kill(id, Libc.SIGKILL) == 0) ended.Add(id);
        }
        return ended;
    }

    /// <summary>
    /// Stops all of it where it stands, until a look finds nothing new: a process that is stopped starts no other one, which could
    /// lose its parent, and with it the last trace to it, between our look and the kill.
    /// </summary>
    private List<int> Freeze()
    {
        var stopped = new HashSet<int>();
        for (int look = 0; ; look++)
        {
            var living = Find();
            bool all = true;
            foreach (int id in living)
                if (stopped.Add(id) && Libc.kill(id, Libc.SIGSTOP) == 0) all = false;
            if (all || look == Rounds) return living;
        }
    }

    /// <summary>The living processes of the command, remembered from now on; the zombie that holds the leader's number is not one.</summary>
    public List<int> Find()
    {
        var table = ProcessEntry.ReadAll();
        var mine = new HashSet<int>();
        if (_leader is { } leader) mine.Add(leader);
        foreach (var entry in table)
            if (IsFirst(entry)) mine.Add(entry.Id);
        int before;
        do
        {
            before = mine.Count;
            foreach (var entry in table)
                if (mine.Contains(entry.Parent) && !_spared.Contains(entry.Id)) mine.Add(entry.Id);
        }
        while (mine.Count > before);
        var living = table.Where(e => !e.IsZombie && !_spared.Contains(e.Id) && mine.Contains(e.Id)).ToList();
        _known.UnionWith(living.Select(e => (e.Id, e.Started)));
        return [.. living.Select(e => e.Id)];
    }

    /// <summary>Whether it is known by itself, and not by its parent.</summary>
    private bool IsFirst(ProcessEntry entry) => !_spared.Contains(entry.Id)
        && (_known.Contains((entry.Id, entry.Started))
            || (_leader is { } leader && (entry.Session == leader || entry.Group == leader))
            || (!entry.IsZombie && HasMark(entry.Id, _mark)));

    private static HashSet<int> Ancestors()
    {
        var found = new HashSet<int>();
        for (int id = Environment.ProcessId; id > 0 && found.Add(id);) id = ProcessEntry.TryRead(id)?.Parent ?? 0;
        return found;
    }

    private static bool HasMark(int id, ReadOnlySpan<byte> mark)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{id}/environ").AsSpan().IndexOf(mark) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;   // gone, or another user's: we could not end it either
        }
    }
}
