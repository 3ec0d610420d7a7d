using System.Diagnostics;

namespace Quern.Benchmarks;

/// <summary>Units per second of wall time and of processor time (all threads), medians over the rounds.</summary>
internal sealed record Measurement(string Name, string Unit, double PerSecond, double Slowest, double Fastest, double PerCpuSecond, double AllocatedMegabytes)
{
    public static async Task<Measurement> TakeAsync(IBenchmark benchmark, string folder, int rounds, TimeProvider time)
    {
        await RoundAsync(benchmark, folder, time);
        var readings = new List<Reading>();
        for (int i = 0; i < rounds; i++) readings.Add(await RoundAsync(benchmark, folder, time));
        var rates = readings.Select(r => r.Units / r.Seconds).Order().ToList();
        return new Measurement(
            benchmark.Name, benchmark.Unit, Median(rates), rates[0], rates[^1],
            Median(readings.Select(r => r.Units / r.CpuSeconds)), Median(readings.Select(r => r.AllocatedMegabytes)));
    }

    private static async Task<Reading> RoundAsync(IBenchmark benchmark, string folder, TimeProvider time)
    {
        string own = Directory.CreateDirectory(Path.Combine(folder, Guid.NewGuid().ToString("N"))).FullName;
        try
        {
            using var process = Process.GetCurrentProcess();
            long allocated = GC.GetTotalAllocatedBytes(precise: true);
            var cpu = process.TotalProcessorTime;
            long start = time.GetTimestamp();
            double units = await benchmark.RunAsync(own);
            double seconds = time.GetElapsedTime(start).TotalSeconds;
            process.Refresh();
            double cpuSeconds = (process.TotalProcessorTime - cpu).TotalSeconds;
            return new Reading(units, seconds, Math.Max(cpuSeconds, 1e-3), (GC.GetTotalAllocatedBytes(precise: true) - allocated) / 1e6);
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private sealed record Reading(double Units, double Seconds, double CpuSeconds, double AllocatedMegabytes);
}
