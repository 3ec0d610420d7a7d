using System.Globalization;

namespace Quern.WorkerHost;

/// <summary>What masters choose the fastest idle bot by: seconds of a fixed loop, divided by the number of processors. Lower is faster.</summary>
internal static class PerformanceRating
{
    /// <summary>Measures; takes a part of a second.</summary>
    /// <returns>With six decimals, as a JSON number.</returns>
    public static string Measure(int rounds, int processors, TimeProvider time)
    {
        long started = time.GetTimestamp();
        Spin(rounds);
        double seconds = time.GetElapsedTime(started).TotalSeconds / Math.Max(1, processors);
        return seconds.ToString("F6", CultureInfo.InvariantCulture);
    }

    // Each round needs the result of the one before, so that neither compiler nor processor can leave it out.
    private static uint Spin(int rounds)
    {
        uint state = 1;
        for (int i = 0; i < rounds; i++) state = (state * 1_664_525) + 1_013_904_223;
        return Volatile.Read(ref state);
    }
}
