using System.Globalization;
using Quern.Protocols.Perspective.Codec;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Perspective.Twisted;

/// <summary>The same values through Twisted's codec and ours.</summary>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    private const int Count = 2000;

    /// <summary>A value that Twisted wrote is read by us, and what we write of it is the same value to Twisted.</summary>
    [Fact]
    public async Task Values_of_Twisted_come_back_the_same()
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}");
        await using var twisted = TwistedProcess.Start("codec.py");
        await twisted.Input.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"make {MutationFuzz.Seed} {Count}"));
        await twisted.Input.FlushAsync(TestContext.Current.CancellationToken);
        var made = new List<string>();
        while (made.Count < Count) made.Add(await ReadAsync(twisted));

        int identical = 0;
        foreach (string hex in made)
        {
            var (value, refusal) = Wire.Decode(Convert.FromHexString(hex));
            Assert.True(value is not null, $"refused {hex}: {refusal}");
            string ours = Convert.ToHexStringLower(Wire.Encode(value));
            if (ours == hex) identical++;
            else Assert.Equal("True", await AskAsync(twisted, $"same {hex} {ours}"));
        }

        // The others hold a container twice, which Twisted sends once.
        Assert.True(identical > Count / 2, $"only {identical} of {Count} were the same bytes");
    }

    /// <summary>A value that we wrote is read by Twisted, which writes the same bytes of it.</summary>
    [Fact]
    public async Task Values_of_ours_come_back_as_the_same_bytes()
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}");
        await using var twisted = TwistedProcess.Start("codec.py");

        foreach (var value in Generators.ForPython(MutationFuzz.Seed, Count))
        {
            string ours = Convert.ToHexStringLower(Wire.Encode(value));
            Assert.Equal(ours, await AskAsync(twisted, $"again {ours}"));
        }
    }

    private static async Task<string> AskAsync(TwistedProcess twisted, string request)
    {
        await twisted.Input.WriteLineAsync(request);
        await twisted.Input.FlushAsync(TestContext.Current.CancellationToken);
        return await ReadAsync(twisted);
    }

    private static async Task<string> ReadAsync(TwistedProcess twisted) =>
        await twisted.Output.ReadLineAsync(TestContext.Current.CancellationToken)
        ?? throw new InvalidOperationException("The Twisted program ended; is python3-twisted installed?");
}
