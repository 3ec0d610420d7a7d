using System.Security.Cryptography;

namespace Quern.MasterHost.Listeners;

/// <summary>One worker's brought password in memory: what is known of it, and who waits to know. Touched under the lock of <see cref="SlowChecks"/> alone.</summary>
/// <param name="hash">The slow hash that it stands for; another hash is another line.</param>
internal sealed class NameLine(string hash)
{
    /// <summary>Wrong ones that are remembered: a worker that was set up with a wrong password tries it for ever.</summary>
    private const int MaxWrong = 8;

    private readonly Queue<byte[]> _wrong = new();

    public string Hash { get; } = hash;

    public Queue<SlowCheck> Waiting { get; } = new();

    public SlowCheck? Running { get; set; }

    /// <summary>The mark of the right password; null until it was seen.</summary>
    public byte[]? Right { get; private set; }

    /// <summary>Wrong ones since the last quiet quarter of an hour.</summary>
    public int Failures { get; private set; }

    /// <summary>Of the last wrong one; means something only with <see cref="Failures"/>.</summary>
    public long FailedAt { get; private set; }

    /// <summary>Set when the account has another password, or is gone.</summary>
    public bool Over { get; set; }

    /// <summary>Whether a password is the right one, if that can be said without checking it: when the right one is known, every other is wrong.</summary>
    public bool? Knows(byte[] mark) => Right is not null ? CryptographicOperations.FixedTimeEquals(Right, mark) : _wrong.Any(w => w.AsSpan().SequenceEqual(mark)) ? false : null;

    /// <summary>The same password, waiting or being checked.</summary>
    public SlowCheck? Find(byte[] mark) =>
        Running is { } running && running.Mark.AsSpan().SequenceEqual(mark) ? running : Waiting.FirstOrDefault(c => c.Mark.AsSpan().SequenceEqual(mark));

    public void Found(byte[] right)
    {
        Right = right;
        _wrong.Clear();
        Failures = 0;
    }

    public void Failed(byte[] wrong, long now)
    {
        if (_wrong.Count == MaxWrong) _wrong.Dequeue();
        _wrong.Enqueue(wrong);
        Failures++;
        FailedAt = now;
    }

    /// <summary>It was quiet for long.</summary>
    public void Forgive() => Failures = 0;
}
