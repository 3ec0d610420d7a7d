namespace Quern.Packaging.PackageFiles;

/// <summary>How large a package may be once unpacked. Checked before anything is allocated for it.</summary>
public sealed record PackageLimits
{
    /// <summary>All members together.</summary>
    public long MaxUnpackedBytes { get; init; } = 32L << 30;

    /// <summary>Debian's largest packages have some 60,000 members.</summary>
    public int MaxMembers { get; init; } = 500_000;

    /// <summary>All names and link targets together, which are kept in memory.</summary>
    public int MaxNameBytes { get; init; } = 64 << 20;

    /// <summary>Memory of the decompressor; presets up to <c>xz -9</c> need 65 MiB.</summary>
    public int DecompressorMebibytes { get; init; } = 128;
}
