using Quern.Model;

namespace Quern.Peers.Buildbot;

/// <summary>
/// What one connection did that it may not, for the farm's log: the first few, for who does it once may do it a million times. Safe for
/// many threads at once.
/// </summary>
/// <param name="gate">Is told.</param>
/// <param name="remote">Where the connection comes from.</param>
internal sealed class Complaints(IWorkerGate gate, string remote)
{
    /// <summary>Told of one connection; the last says that there are more.</summary>
    public const int Most = 20;

    private const int MaxLength = 300;

    private volatile string? _name;
    private int _count;

    /// <summary>Sets who logged in; null until then.</summary>
    public WorkerName? Name
    {
        get => _name is { } name ? new WorkerName(name) : null;
        set => _name = value?.Value;
    }

    /// <param name="what">What was refused, in words that go on after the worker's name. May hold words of the worker.</param>
    public void Note(string what)
    {
        int number = Interlocked.Increment(ref _count);
        if (number > Most) return;
        if (number == Most) what = "did more of that kind, which is not told";
        gate.Trespassed(Name, remote, Shown(what));
    }

    // Nothing that a worker says may look like a line of the log of its own.
    private static string Shown(string text) => string.Create(Math.Min(text.Length, MaxLength), text, static (shown, whole) =>
    {
        for (int i = 0; i < shown.Length; i++) shown[i] = char.IsControl(whole[i]) ? '?' : whole[i];
    });
}
