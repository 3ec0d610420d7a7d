using System.Security.Cryptography;
using System.Text;
using Quern.Model;
using Xunit;

namespace Quern.Storage.Tests.Logs;

/// <summary>
/// A real small file system runs full under a log and a blob. The test makes it in a user and mount namespace of its own
/// (<c>unshare -Urm</c>), so that it needs no rights and leaves no mount; where that is not permitted it fails and says so.
/// </summary>
public sealed class FullDiskTests
{
    private const string DiskVariable = "QUERN_TEST_FULL_DISK";
    private const string PassedVariable = "QUERN_TEST_FULL_DISK_PASSED";
    private static readonly DateTimeOffset At = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(Child_log_on_a_full_disk))]
    [InlineData(nameof(Child_blob_on_a_full_disk))]
    public async Task Full_disk_is_reported_loses_nothing_acknowledged_and_is_survived(string method)
    {
        using var folder = new TemporaryFolder();
        string disk = folder["disk"];
        Directory.CreateDirectory(disk);
        using var child = ChildTest.Start(
            $"{typeof(FullDiskTests).FullName}.{method}",
            new Dictionary<string, string> { [DiskVariable] = disk, [PassedVariable] = folder["passed"] },
            "unshare", "-Urm", "sh", "-c", "mount -t tmpfs -o size=4m tmpfs \"$0\" && exec \"$@\"", disk);

        var errors = child.StandardError.ReadToEndAsync(Cancellation);
        string said = await child.StandardOutput.ReadToEndAsync(Cancellation);
        await child.WaitForExitAsync(Cancellation);

        // The file is written by the child's last line: an exit code alone would also be 0 had no test run.
        Assert.True(
            child.ExitCode == 0 && File.Exists(folder["passed"]),
            $"The test on a small tmpfs in a namespace of its own failed (exit code {child.ExitCode}): {await errors}{said}");
    }

    [Fact(Explicit = true)]
    [Trait("Run", "child")]
    public async Task Child_log_on_a_full_disk()
    {
        string disk = Disk();
        var random = new Random(1);
        var job = JobId.Create(At);
        await File.WriteAllBytesAsync(Path.Combine(disk, "ballast"), new byte[2 << 20], Cancellation);
        await using var store = new LogStore(Path.Combine(disk, "logs"), TimeProvider.System, new LogStoreOptions { FrameBytes = 64 << 10 });
        var writer = store.Open(job, 1, "");
        var kept = new List<string>();
        LogWriteException? full = null;
        int lost = 0;
        while (full is null)
        {
            // Random text does not compress, so frames need room of their own while the tail still holds the lines.
            var lines = Enumerable.Range(0, 20).Select(_ => Random(random, 100)).ToList();
            var text = Encoding.ASCII.GetBytes(string.Join('\n', lines) + "\n");
            try
            {
                await writer.AppendAsync(OutputStream.Stdout, text, At);
                kept.AddRange(lines);
            }
            catch (LogWriteException error)
            {
                (full, lost) = (error, text.Length);
            }
        }
        Assert.Contains("No space left on device", full.Message, StringComparison.Ordinal);
        Assert.Contains(job.ToString(), full.Message, StringComparison.Ordinal);
        Assert.Contains("Make room on the file system of", full.Message, StringComparison.Ordinal);
        Assert.Equal(kept, await ReadAsync(store, job));

        File.Delete(Path.Combine(disk, "ballast"));
        await writer.AppendAsync(OutputStream.Stdout, "after\n"u8.ToArray(), At);
        await writer.CompleteAsync();

        Assert.Equal([.. kept, $"[quern: {lost} bytes missing: No space left on device]", "after"], await ReadAsync(store, job));
        Pass();
    }

    [Fact(Explicit = true)]
    [Trait("Run", "child")]
    public async Task Child_blob_on_a_full_disk()
    {
        string disk = Disk();
        var store = new BlobStore(disk);
        var bytes = new byte[6 << 20];
        var writer = store.Create(long.MaxValue);
        var full = await Assert.ThrowsAsync<BlobWriteException>(async () =>
        {
            for (int i = 0; i < bytes.Length; i += 65536) await writer.WriteAsync(bytes.AsMemory(i, 65536), Cancellation);
        });
        Assert.Contains("No space left on device", full.Message, StringComparison.Ordinal);
        Assert.Contains(disk, full.Message, StringComparison.Ordinal);
        Assert.Contains("Make room", full.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.CommitAsync(Cancellation));

        await writer.DisposeAsync();

        Assert.Empty(Directory.EnumerateFiles(disk, "*", SearchOption.AllDirectories));
        await using var again = store.Create(long.MaxValue);
        await again.WriteAsync(bytes.AsMemory(0, 3 << 20), Cancellation);
        var stored = await again.CommitAsync(Cancellation);
        Assert.Equal(new BlobCheck.Whole(3 << 20), await store.VerifyAsync(stored.Sha256, Cancellation));
        Assert.Equal(Sha256Hash.FromBytes(SHA256.HashData(bytes.AsSpan(0, 3 << 20))), stored.Sha256);
        Pass();
    }

    private static string Disk()
    {
        string? disk = Environment.GetEnvironmentVariable(DiskVariable);
        Assert.SkipWhen(disk is null, "Started by the test above only.");
        return disk!;
    }

    private static void Pass() => File.WriteAllText(Environment.GetEnvironmentVariable(PassedVariable)!, "");

    private static string Random(Random random, int length)
    {
        var bytes = new byte[length / 2];
        random.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private static async Task<List<string>> ReadAsync(LogStore store, JobId job)
    {
        using var reader = await store.OpenReaderAsync(job, 1, "", Cancellation);
        return [.. (await reader!.ReadAsync(1, 1_000_000, Cancellation)).Lines.Select(l => l.Text)];
    }
}
