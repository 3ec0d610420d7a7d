using System.Globalization;

namespace Quern.Peers.Ports;

/// <summary>
/// How many connections all ports of a process hold together. Each takes a descriptor, and so do files, the database and programs, without which
/// nothing goes on: a process that has none left may not even live. Safe to call from many threads.
/// </summary>
internal sealed class ConnectionBudget(int most)
{
    /// <summary>Descriptors that a farm without any connection has use for.</summary>
    private const int Reserve = 512;

    /// <summary>However few descriptors there are: somebody must be able to come in and say so.</summary>
    private const int Least = 16;

    private int _taken;

    /// <summary>That of this process: three quarters of its descriptors at most.</summary>
    public static ConnectionBudget OfProcess { get; } = new(MostOf(File.Exists("/proc/self/limits") ? File.ReadAllLines("/proc/self/limits") : []));

    /// <summary>Whether there is one more; whoever takes it gives it <see cref="Return"/> once.</summary>
    public bool Take()
    {
        if (Interlocked.Increment(ref _taken) <= most) return true;
        Interlocked.Decrement(ref _taken);
        return false;
    }

    public void Return() => Interlocked.Decrement(ref _taken);

    /// <param name="limits">Lines as in <c>/proc/PID/limits</c>: name, limit that counts, limit to which it can be raised, unit.</param>
    internal static int MostOf(IEnumerable<string> limits)
    {
        const string Name = "Max open files";
        string? line = limits.FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal));
        string word = line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "";
        // Unlimited, or not known.
        if (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int descriptors)) return int.MaxValue;
        return Math.Max(Least, descriptors - Math.Max(Reserve, descriptors / 4));
    }
}
