namespace Quern.Execution;

/// <summary>A length of time as a master sends it: its value, and the text people see.</summary>
internal sealed record Seconds(TimeSpan Value, string Text)
{
    // Timers take less than 50 days; whoever asks for more wants none.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    public static Seconds? From(double seconds, string text) =>
        double.IsNaN(seconds) ? null : new Seconds(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, Longest.TotalSeconds)), text);

    public bool IsZero => Value == TimeSpan.Zero;

    /// <summary><c>1 sec</c>, <c>2 secs</c></summary>
    public string WithUnit => Value == TimeSpan.FromSeconds(1) ? $"{Text} sec" : $"{Text} secs";
}
