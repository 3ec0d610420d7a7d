using System.Text;

namespace Quern.Execution;

/// <summary>
/// Every process a command started, also those that left its group and session and whose parents have died. Three marks
/// lead to them: the session or group of the leader; descent from a process already found (orphans come to us, for the
/// engine is a subreaper, so a living chain is never cut silently); and the variable <see cref="MarkerVariable"/>, which a
/// process inherits unless it throws its environment away. A process that sheds all three marks at once (own session, empty
/// environment, dead parent) is not found.
/// </summary>
internal sealed class ProcessTree(int leader, string marker)
{
    /// <summary>Set in every command's environment; its value names the command.</summary>
    public const string MarkerVariable = "QUERN_COMMAND";

    // Found once, by number and start: a process stays ours when its parent dies and its line of descent with it.
    private readonly HashSet<(int Id, long Started)> _known = [];

    private const int Rounds = 20;   // each kills what the round before had still managed to start

    /// <summary>Ends all of it by SIGKILL; returns when nothing that could start another process is left.</summary>
    public void Kill()
    {
        for (int round = 0; round < Rounds; round++)
        {
            var living = Find();
            if (living.Count == 0) return;
            foreach (int id in living) _ = Libc.kill(id, Libc.SIGKILL);
        }
    }

    /// <summary>The living processes of the command, remembered from now on; the zombie that holds the leader's number is not one.</summary>
    public List<int> Find()
    {
        var table = ProcessEntry.ReadAll();
        var mine = new HashSet<int> { leader };
        byte[] mark = Encoding.UTF8.GetBytes($"{MarkerVariable}={marker}\0");
        foreach (var entry in table)
            if (_known.Contains((entry.Id, entry.Started)) || entry.Session == leader || entry.Group == leader || (!entry.IsZombie && HasMark(entry.Id, mark))) mine.Add(entry.Id);
        int before;
        do
        {
            before = mine.Count;
            foreach (var entry in table)
                if (mine.Contains(entry.Parent)) mine.Add(entry.Id);
        }
        while (mine.Count > before);
        var living = table.Where(e => !e.IsZombie && e.Id != Environment.ProcessId && mine.Contains(e.Id)).ToList();
        _known.UnionWith(living.Select(e => (e.Id, e.Started)));
        return [.. living.Select(e => e.Id)];
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
