using System.Globalization;
using Quern.Model;
using Quern.Storage;

namespace Quern.Cli.Demo;

/// <summary>
/// What the demo says while it builds: one line that is written over at a terminal, a line per event in a pipe. Results go
/// to standard output, this goes to standard error, so that <c>--json</c> stays clean.
/// </summary>
internal sealed class DemoProgress(Terminal terminal, TimeProvider time, int slots)
{
    private readonly long _began = time.GetTimestamp();
    private readonly Dictionary<JobId, (string Name, long Since)> _running = [];
    private readonly List<TimeSpan> _durations = [];
    private int _total;
    private int _ended;

    public void Begin(int total) => _total = total;

    public void Started(JobId job, string name)
    {
        _running[job] = (name, time.GetTimestamp());
        Show($"{name} started");
    }

    public void Ended(JobRow row)
    {
        _ended++;
        if (_running.Remove(row.Id, out var run)) _durations.Add(time.GetElapsedTime(run.Since));
        string took = row.StartedAt is { } from && row.FinishedAt is { } to ? $" in {Seconds(to - from)}" : "";
        Show(row.State == JobState.Succeeded ? $"{row.Title} built{took}" : $"{row.Title} {row.State.Word()}{took}: {row.Reason}");
    }

    /// <summary>Between events, so that the clock moves at a terminal.</summary>
    public void Tick()
    {
        if (terminal.Interactive) Console.Error.Write($"\r{Status()}\u001b[K");
    }

    public void Say(string line)
    {
        if (terminal.Interactive) Console.Error.Write("\r\u001b[K");
        terminal.Note(line);
    }

    public void Done()
    {
        if (terminal.Interactive) Console.Error.Write("\r\u001b[K");
    }

    private void Show(string what)
    {
        Say($"[{_ended,2}/{_total}] {what}{(terminal.Interactive || _running.Count + _ended == 0 ? "" : $" ({Rest()})")}");
        Tick();
    }

    private string Status()
    {
        const int width = 24;
        int full = _total == 0 ? 0 : _ended * width / _total;
        string running = string.Join(", ", _running.Values.OrderBy(r => r.Since).Select(r => $"{r.Name} {Seconds(time.GetElapsedTime(r.Since))}"));
        return $"[{new string('#', full)}{new string('-', width - full)}] {_ended}/{_total}  running: {(running.Length > 0 ? running : "nothing")}  {Rest()}";
    }

    private string Rest()
    {
        int waiting = _total - _ended - _running.Count;
        string left = Left() is { } rest ? $", about {Seconds(rest)} left" : "";
        return $"{Seconds(time.GetElapsedTime(_began))} gone, {waiting} waiting{left}";
    }

    // What has ended so far is the only measure there is; a chain at the end makes it late, never early by much.
    private TimeSpan? Left()
    {
        if (_durations.Count < 2) return null;
        double mean = _durations.Average(d => d.TotalSeconds);
        double open = _running.Values.Sum(r => Math.Max(0, mean - time.GetElapsedTime(r.Since).TotalSeconds)) + (_total - _ended - _running.Count) * mean;
        return TimeSpan.FromSeconds(Math.Max(1, open / Math.Max(1, slots)));
    }

    public static string Seconds(TimeSpan span) => span.TotalMinutes >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalMinutes}:{span.Seconds:D2} min")
        : string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:F1} s");
}
