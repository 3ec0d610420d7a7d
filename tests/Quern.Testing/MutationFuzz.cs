using System.Globalization;
using System.Security.Cryptography;

namespace Quern.Testing;

/// <summary>
/// Changes real messages a little and gives them to a decoder, watching that it neither throws nor allocates more than it may.
/// </summary>
public sealed class MutationFuzz
{
    private const int Long = 4096;

    private readonly byte[][] _corpus;
    private readonly byte[][] _telling;

    /// <param name="corpus">What is changed; of the messages over 4 KiB every fifth.</param>
    /// <param name="telling">Bytes that mean something in the format, alone or together: a change of single bits seldom makes them.</param>
    public MutationFuzz(IEnumerable<byte[]> corpus, IEnumerable<byte[]> telling)
    {
        _corpus = [.. corpus.Where((message, i) => message.Length is > 0 and <= Long || (message.Length > 0 && i % 5 == 0))];
        _telling = [.. telling];
    }

    /// <summary>The seed of this run: <c>QUERN_SEED</c>, or one drawn from the system.</summary>
    public static int Seed { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("QUERN_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>20,000, or 1,000,000 in the nightly run.</summary>
    public static int Count => Environment.GetEnvironmentVariable("QUERN_NIGHTLY") == "1" ? 1_000_000 : 20_000;

    /// <summary>The first input that breaks the rules, in words with its bytes; null when there was none.</summary>
    /// <param name="seed">Of the changes.</param>
    /// <param name="count">How many inputs.</param>
    /// <param name="decode">Must not throw.</param>
    /// <param name="allowed">Bytes that one call may allocate.</param>
    /// <param name="perByte">And as many more for each byte of its input.</param>
    public string? Run(int seed, int count, Action<ReadOnlyMemory<byte>> decode, long allowed, long perByte = 0)
    {
        var random = new Random(seed);
        foreach (byte[] message in _corpus) decode(message);   // so that what is made once is there
        for (int i = 0; i < count; i++)
        {
            byte[] input = Mutate(random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                decode(input);
            }
            catch (Exception error)
            {
                return $"seed {seed}, input {i}: {error.GetType().Name} {error.Message} on {Convert.ToHexString(input)}";
            }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            long bound = allowed + (perByte * input.Length);
            if (allocated > bound)
                return $"seed {seed}, input {i}: allocated {allocated} of {bound} bytes on {Convert.ToHexString(input)}";
        }
        return null;
    }

    /// <summary>Changed messages without an end, for whoever has another way to watch what they do.</summary>
    public IEnumerable<byte[]> Inputs(int seed)
    {
        var random = new Random(seed);
        while (true) yield return Mutate(random);
    }

    private byte[] Mutate(Random random)
    {
        List<byte> bytes = [.. _corpus[random.Next(_corpus.Length)]];
        for (int changes = random.Next(1, 5); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            byte[] telling = _telling[random.Next(_telling.Length)];
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    bytes.InsertRange(at, telling);
                    break;
                case 2:
                    bytes.InsertRange(at, telling);
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 9)));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 5:
                    byte[] other = _corpus[random.Next(_corpus.Length)];
                    int from = random.Next(other.Length);
                    bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 64))]);
                    break;
                default:
                    for (int times = random.Next(1, 200); times > 0; times--) bytes.InsertRange(at, telling);
                    break;
            }
        }
        return [.. bytes];
    }
}
