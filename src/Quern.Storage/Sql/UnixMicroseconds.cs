namespace Quern.Storage;

/// <summary>How both databases keep times: microseconds since 1970 UTC.</summary>
internal static class UnixMicroseconds
{
    public static long From(DateTimeOffset time) =>
        (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static long? From(DateTimeOffset? time) => time is { } value ? From(value) : null;

    public static DateTimeOffset ToTime(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    public static DateTimeOffset? ToTime(long? microseconds) => microseconds is { } value ? ToTime(value) : null;
}
