using Quern.Protocols.Perspective;

namespace Quern.Peers.Buildbot.Perspective;

/// <summary>Limits and times of the master's links over Perspective Broker.</summary>
public sealed record PerspectiveLinkOptions : WorkerLinkOptions
{
    /// <summary>The longest string that Perspective Broker carries, hence the largest block of a transfer.</summary>
    public const int MaxBlockBytes = BananaLimits.MaxStringBytes;

    /// <summary>Bytes of one message of a peer that has not logged in.</summary>
    public int MaxLoginMessageBytes { get; init; } = 16 * 1024;

    /// <summary>Bytes of one message of a worker that is attached: several strings of 640 KiB, where honest workers send one.</summary>
    public int MaxMessageBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// Bytes a transfer moves per message when the command does not say. The worker waits for each answer before the next
    /// block, so the largest one is the fastest.
    /// </summary>
    public int BlockBytes { get; init; } = MaxBlockBytes;
}
