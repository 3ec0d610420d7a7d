namespace Quern.Storage;

/// <summary>Settings of the <see cref="LogStore"/>.</summary>
public sealed record LogStoreOptions
{
    /// <summary>Text kept of one log, in bytes; what comes after is counted, not kept. Default 4 GiB, above the 3 GB log
    /// that must work and below what fills a disk before anyone looks.</summary>
    public long MaxLogBytes { get; init; } = 4L << 30;

    /// <summary>How often changed logs are put on disk: a power loss costs at most this much. Default one second.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes that a tail file gathers before they become one compressed frame. Default 1 MiB: larger frames
    /// compress hardly better at level 1 and cost more to jump into.</summary>
    internal int FrameBytes { get; init; } = 1 << 20;

    /// <summary>A finished log up to this size stays as it was written, so a short build's log costs one write and one sync.</summary>
    internal int SmallLogBytes { get; init; } = 16 << 10;

    /// <summary>Text in one record; a single line above this continues as a further numbered line.</summary>
    internal int RecordBytes { get; init; } = LogRecord.MaxText;
}
