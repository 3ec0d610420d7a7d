namespace Quern.Protocols.Perspective;

/// <summary>Limits of one connection. Those of <see cref="BananaLimits"/> are part of the protocol and cannot be changed.</summary>
public sealed record PerspectiveOptions
{
    /// <summary>
    /// Longest message in bytes; may be changed on the connection. Of a server's peer that has not logged in it is also the most
    /// that its unanswered calls, and the answers it has not read, may hold each. Default 16 MiB: the largest messages of real peers are a
    /// block of 640 KiB and what surrounds it; a dictionary of many strings can be larger.
    /// </summary>
    public int MaxMessageBytes { get; init; } = 16 << 20;

    /// <summary>Most objects of ours that the peer may hold; 1025 as in Twisted, which refuses the next.</summary>
    public int MaxExports { get; init; } = 1025;

    /// <summary>Most references of the peer that are held for it, counting each time it sent one that was not taken before. More close the connection.</summary>
    public int MaxHeldReferences { get; init; } = 8192;

    /// <summary>Most calls of the peer that wait for an answer of ours. More close the connection.</summary>
    public int MaxUnansweredCalls { get; init; } = 4096;

    /// <summary>Most bytes that the peer's unanswered calls may hold; more close the connection. Default 64 MiB, as for what is unsent.</summary>
    public int MaxUnansweredBytes { get; init; } = 64 << 20;

    /// <summary>Most calls of ours that wait for an answer; the next is lost at once. Default 65536.</summary>
    public int MaxPendingCalls { get; init; } = 64 * 1024;

    /// <summary>
    /// Most bytes that wait to be sent. More close the connection: the peer does not read. Default 64 MiB, a hundred blocks of
    /// the largest size.
    /// </summary>
    public int MaxUnsentBytes { get; init; } = 64 << 20;

    /// <summary>
    /// Is told of exceptions of the application's own objects, which cost the caller an answer and nobody else anything. Called
    /// from the reader; must not throw.
    /// </summary>
    public Action<Exception>? Fault { get; init; }

    /// <summary>
    /// Is told of calls on objects that the peer does not hold, which are answered as in Twisted and cost it nothing else: one that it
    /// released or that was withdrawn, or one that it never had. The text goes on after the peer's name and may hold the peer's words.
    /// Called from the reader; must not throw.
    /// </summary>
    public Action<string>? Stray { get; init; }

    /// <summary>Whether the peer is told the text of such an exception. Off, for it may name what is not the peer's business.</summary>
    public bool RevealFaults { get; init; }

    /// <summary>How long what waits to be sent may take after the connection was closed from this side.</summary>
    public TimeSpan FlushPatience { get; init; } = TimeSpan.FromSeconds(1);
}
