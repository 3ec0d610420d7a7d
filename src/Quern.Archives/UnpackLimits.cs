namespace Quern.Archives;

/// <summary>How much one archive may unpack to. Checked before anything is written or allocated for it.</summary>
public sealed record UnpackLimits
{
    /// <summary>The content of all members together.</summary>
    public long MaxBytes { get; init; } = 32L << 30;

    /// <summary>Debian's largest packages have some 60,000 members, the sources of browsers 400,000.</summary>
    public int MaxMembers { get; init; } = 1_000_000;

    /// <summary>All names and link targets together, which are kept in memory.</summary>
    public int MaxNameBytes { get; init; } = 128 << 20;

    /// <summary>Memory of the decompressor; presets up to <c>xz -9</c> need 65 MiB.</summary>
    public int DecompressorMebibytes { get; init; } = 128;
}
