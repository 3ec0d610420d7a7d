using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Quern.Model;
using Xunit;

namespace Quern.Storage.Tests.Logs;

/// <summary>A process that appends numbered lines and tells which were taken in is killed (SIGKILL), again and again.</summary>
public sealed class LogKillTests
{
    private const string FolderVariable = "QUERN_TEST_KILL_FOLDER";
    private const string FirstVariable = "QUERN_TEST_KILL_FIRST";
    private static readonly JobId Job = new(new Guid("0198c0de-0000-7000-8000-00000000beef"));
    private static readonly LogStoreOptions Options = new() { FrameBytes = 16 << 10 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Each_acknowledged_line_is_there_once_and_in_order_after_kill_9() => KillAsync(rounds: 10);

    [Fact(Explicit = true)]
    [Trait("Run", "nightly")]
    public Task Each_acknowledged_line_is_there_once_and_in_order_after_200_kills() => KillAsync(rounds: 200);

    /// <summary>The child: appends until it is killed. Started by the tests above.</summary>
    [Fact(Explicit = true)]
    [Trait("Run", "child")]
    public async Task Child_appends_until_killed()
    {
        string? folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(folder is null, "Started by the kill test only.");
        int number = int.Parse(Environment.GetEnvironmentVariable(FirstVariable)!, CultureInfo.InvariantCulture);
        var random = new Random(number);
        using var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        await using var store = new LogStore(folder!, TimeProvider.System, Options);
        var writer = store.Open(Job, 1, "");
        while (true)
        {
            var text = new StringBuilder();
            for (int i = random.Next(1, 60); i > 0; i--) text.Append(CultureInfo.InvariantCulture, $"kill {number++} {random.NextInt64()}\n");
            await writer.AppendAsync(OutputStream.Stdout, Encoding.ASCII.GetBytes(text.ToString()), TimeProvider.System.GetUtcNow());
            await output.WriteAsync(Encoding.ASCII.GetBytes($"ack {number - 1}\n"), Cancellation);
        }
    }

    private static async Task KillAsync(int rounds)
    {
        int seed = Environment.GetEnvironmentVariable("QUERN_TEST_SEED") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : (int)(TimeProvider.System.GetTimestamp() & 0xFFFFFF);
        TestContext.Current.TestOutputHelper!.WriteLine($"QUERN_TEST_SEED={seed}");
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        long present = 0;
        for (int round = 0; round < rounds; round++)
        {
            long acknowledged = await RunChildAsync(folder.Path, present + 1, acks: random.Next(1, 2000));
            long before = present;
            present = await CheckAsync(folder.Path, acknowledged, $"seed {seed}, round {round}");
            Assert.True(present > before);
        }
    }

    private static async Task<long> RunChildAsync(string folder, long first, int acks)
    {
        using var child = ChildTest.Start(
            $"{typeof(LogKillTests).FullName}.{nameof(Child_appends_until_killed)}",
            new Dictionary<string, string>
            {
                [FolderVariable] = folder,
                [FirstVariable] = first.ToString(CultureInfo.InvariantCulture),
            });
        long last = 0;
        var other = new StringBuilder();
        try
        {
            while (acks > 0 && await child.StandardOutput.ReadLineAsync(Cancellation) is { } line)
            {
                if (TryAck(line, ref last)) acks--;
                else other.AppendLine(line);
            }
            Assert.True(acks == 0, $"The child ended by itself: {other}");
        }
        finally
        {
            child.Kill();
        }
        // What it had still said before it died counts too.
        while (await child.StandardOutput.ReadLineAsync(Cancellation) is { } line) TryAck(line, ref last);
        await child.WaitForExitAsync(Cancellation);
        return last;
    }

    private static bool TryAck(string line, ref long last)
    {
        if (!line.StartsWith("ack ", StringComparison.Ordinal)) return false;
        last = long.Parse(line.AsSpan(4), CultureInfo.InvariantCulture);
        return true;
    }

    private static async Task<long> CheckAsync(string folder, long acknowledged, string when)
    {
        await using var store = new LogStore(folder, TimeProvider.System, Options);
        using var reader = await store.OpenReaderAsync(Job, 1, "", Cancellation);
        long expected = 1;
        await foreach (var page in reader!.FollowAsync(1, Cancellation))
        {
            foreach (var line in page.Lines)
            {
                if (line.Stream is OutputStream.Header) continue; // a mark about a torn record
                Assert.True(line.Text.StartsWith($"kill {expected} ", StringComparison.Ordinal), $"{when}: line {line.Number} is '{line.Text}', expected number {expected}");
                expected++;
            }
        }
        Assert.True(expected > acknowledged, $"{when}: acknowledged up to {acknowledged}, present up to {expected - 1}");
        return expected - 1;
    }
}
