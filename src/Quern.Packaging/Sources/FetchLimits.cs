namespace Quern.Packaging.Sources;

/// <summary>What one fetch may take.</summary>
/// <remarks>Setters for the reason given at <see cref="FetchRequest"/>.</remarks>
public sealed record FetchLimits
{
    /// <summary>Bytes of one source. The largest upstream archives of Debian are about 2 GB.</summary>
    public long MaxBytes { get; set; } = 4L << 30;

    /// <summary>From start to end, the refresh of an index included.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Until a connection stands (Branch bots: 30 s).</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>As Branch bots follow.</summary>
    public int MaxRedirects { get; set; } = 5;

    /// <summary>Processor seconds of the fetcher.</summary>
    public int CpuSeconds { get; set; } = 600;

    /// <summary>Address space of the fetcher.</summary>
    public long MemoryBytes { get; set; } = 8L << 30;

    /// <summary>How old Debian's index may be before it is fetched again.</summary>
    public TimeSpan IndexAge { get; set; } = TimeSpan.FromHours(12);
}
