using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>Moments in the protocol: milliseconds since 1970, 0 for never.</summary>
internal static class Times
{
    /// <summary>The last millisecond that the clocks of .NET know.</summary>
    private static readonly long s_last = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static EstateAnswer Wrong { get; } =
        new(EstateCode.InvalidExpiration, "An end date is milliseconds since 1970, in the future and before the year 10000; 0 is never.", "expiration");

    /// <summary>False for what is no moment.</summary>
    /// <param name="moment">Null for never; the inherited protocol wrote that with negative numbers too.</param>
    public static bool TryRead(long milliseconds, out DateTimeOffset? moment)
    {
        moment = milliseconds > 0 && milliseconds <= s_last ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
        return milliseconds <= s_last;
    }

    public static long Of(DateTimeOffset? moment) => moment?.ToUnixTimeMilliseconds() ?? 0;
}
