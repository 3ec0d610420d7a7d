using System.Security.Cryptography;

namespace Quern.WorkerHost;

/// <summary>
/// How long to wait before the next attempt: longer with each failure in a row, and a part by chance, for a farm of workers that lost its
/// master at once must not come back at once.
/// </summary>
/// <param name="protocol">Of the master.</param>
/// <param name="patient">As agents do.</param>
internal sealed class Backoff(MasterProtocol protocol, bool patient = false)
{
    private const double Factor = 1.5;

    // Of agents: min(limit, cooldown * 2^(n/step)), 20 % by chance.
    private const double CooldownSeconds = 5, CooldownLimitSeconds = 300, CooldownStep = 2;

    /// <summary>Attempts since the last success.</summary>
    public int Failures { get; private set; }

    public void Succeeded() => Failures = 0;

    public TimeSpan Next()
    {
        Failures++;
        double chance = RandomNumberGenerator.GetInt32(1001) / 1000.0;
        if (patient)
            return TimeSpan.FromSeconds(Math.Min(CooldownLimitSeconds, CooldownSeconds * Math.Pow(2, (Failures - 1) / CooldownStep)) * (0.8 + 0.4 * chance));
        return TimeSpan.FromSeconds(protocol switch
        {
            // As stock workers on that protocol, which is Twisted's way. buildbot-pb.md section 8.10.
            MasterProtocol.Perspective => Math.Min(60, Math.Pow(Factor, Failures)) + chance,
            // From 1 s to 30 s, 20 % by chance.
            _ => Math.Min(30, Math.Pow(Factor, Failures - 1)) * (0.8 + 0.4 * chance),
        });
    }
}
