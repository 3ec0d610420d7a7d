using System.Security.Cryptography;

namespace Quern.WorkerHost;

/// <summary>How long to wait before the next attempt: from 1 s to 30 s, each wait half as long again, 20 % by chance.</summary>
internal sealed class Backoff
{
    private const double FirstSeconds = 1, LastSeconds = 30, Factor = 1.5;

    private double _seconds = FirstSeconds;

    /// <summary>Attempts since the last success.</summary>
    public int Failures { get; private set; }

    public void Succeeded()
    {
        Failures = 0;
        _seconds = FirstSeconds;
    }

    public TimeSpan Next()
    {
        Failures++;
        // A farm of workers that lost their master at once must not come back at once.
        double chance = 0.8 + RandomNumberGenerator.GetInt32(401) / 1000.0;
        var delay = TimeSpan.FromSeconds(_seconds * chance);
        _seconds = Math.Min(LastSeconds, _seconds * Factor);
        return delay;
    }
}
