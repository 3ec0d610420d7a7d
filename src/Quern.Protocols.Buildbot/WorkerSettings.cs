namespace Quern.Protocols.Buildbot;

/// <summary>How a worker gathers output before it sends; the master chooses. buildbot-msgpack.md sections 5.1 and 8.</summary>
/// <param name="BufferSize">Code points (plus 16 a line) in one update.</param>
/// <param name="BufferTimeout">How long the first entry may wait for company.</param>
/// <param name="NewlineRegex">What counts as a line end besides LF, in Python's notation.</param>
/// <param name="MaxLineLength">Lines of so many code points or more are cut.</param>
public sealed record WorkerSettings(int BufferSize, TimeSpan BufferTimeout, string NewlineRegex, int MaxLineLength)
{
    /// <summary>What Buildbot's own masters send, and what a worker uses before it is told.</summary>
    public static WorkerSettings Buildbot { get; } = new(
        65536,
        TimeSpan.FromSeconds(5),
        @"(\r\n|\r(?=.)|\033\[u|\033\[[0-9]+;[0-9]+[Hf]|\033\[2J|\x08+)",
        4096);
}
