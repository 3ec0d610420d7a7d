namespace Quern.Protocols.Buildbot;

/// <summary>What one MessagePack message may cost its receiver.</summary>
/// <param name="MaxBytes">
/// Length of a message. The decoder allocates at most this and 48 KiB more for one message, whatever the message declares;
/// text of updates and binary blocks cost nothing, they stay slices of the input.
/// </param>
/// <param name="MaxDepth">Nesting of arrays and maps; 1 is the message itself.</param>
public sealed record MsgPackLimits(int MaxBytes, int MaxDepth = 32)
{
    /// <summary>64 MiB: for peers that have logged in and are described.</summary>
    public static MsgPackLimits Default { get; } = new(64 * 1024 * 1024);
}
