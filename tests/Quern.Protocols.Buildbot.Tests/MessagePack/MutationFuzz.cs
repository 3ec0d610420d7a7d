using System.Globalization;

namespace Quern.Protocols.Buildbot.Tests;

/// <summary>
/// Changes real payloads a little and gives them to a decoder, watching that it neither throws nor allocates more than it may.
/// </summary>
internal static class MutationFuzz
{
    private static readonly byte[] Telling =
    [
        0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc5, 0xc6, 0xc7, 0xca, 0xcb, 0xcc, 0xcf, 0xd3, 0xd4,
        0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff,
    ];

    /// <summary>The seed of this run: <c>QUERN_SEED</c>, or one drawn from the system.</summary>
    public static int Seed { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("QUERN_SEED"), CultureInfo.InvariantCulture, out int seed)
            ? seed
            : System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>20,000, or 1,000,000 in the nightly run.</summary>
    public static int Count => Environment.GetEnvironmentVariable("QUERN_NIGHTLY") == "1" ? 1_000_000 : 20_000;

    /// <summary>The first input that breaks the rules, in words with its bytes; null when there was none.</summary>
    /// <param name="seed">Of the changes.</param>
    /// <param name="count">How many inputs.</param>
    /// <param name="decode">Must not throw.</param>
    /// <param name="allowed">Bytes that one call may allocate.</param>
    public static string? Run(int seed, int count, Action<ReadOnlyMemory<byte>> decode, long allowed)
    {
        var random = new Random(seed);
        byte[][] corpus = [.. Captures.Payloads.Where((payload, i) => payload.Length <= 4096 || i % 5 == 0)];
        foreach (byte[] payload in corpus) decode(payload);

        for (int i = 0; i < count; i++)
        {
            byte[] input = Mutate(random, corpus);
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
            if (allocated > allowed)
                return $"seed {seed}, input {i}: allocated {allocated} of {allowed} bytes on {Convert.ToHexString(input)}";
        }

        return null;
    }

    private static byte[] Mutate(Random random, byte[][] corpus)
    {
        List<byte> bytes = [.. corpus[random.Next(corpus.Length)]];
        for (int changes = random.Next(1, 5); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = Telling[random.Next(Telling.Length)];
                    break;
                case 2:
                    bytes.Insert(at, Telling[random.Next(Telling.Length)]);
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 9)));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 5:
                    byte[] other = corpus[random.Next(corpus.Length)];
                    int from = random.Next(other.Length);
                    bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 64))]);
                    break;
                default:
                    bytes.InsertRange(at, Enumerable.Repeat(Telling[random.Next(Telling.Length)], random.Next(1, 200)));
                    break;
            }
        }

        return [.. bytes];
    }
}
