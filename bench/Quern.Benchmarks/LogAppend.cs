using System.Text;
using Quern.Model;
using Quern.Storage;

namespace Quern.Benchmarks;

/// <summary>Logs side by side taking in chunks of 64 KiB of equally long lines, closed (and so on disk) at the end.</summary>
internal sealed class LogAppend(int lineBytes, int megabytes, int logs = 1) : IBenchmark
{
    private readonly byte[][] _chunks = Chunks(lineBytes);

    public string Name => $"log append, {lineBytes}-byte lines, {logs} at once";
    public string Unit => "MB";

    public async Task<double> RunAsync(string folder)
    {
        await using var store = new LogStore(folder, TimeProvider.System);
        var filling = Enumerable.Range(0, logs).Select(_ => Task.Run(
            () => FillAsync(store, JobId.Create(TimeProvider.System.GetUtcNow()), _chunks, megabytes / logs)));
        return (await Task.WhenAll(filling)).Sum(f => f.Bytes) / 1e6;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Chunks that differ, more of them than a frame holds: repeated text would compress like nothing real.</summary>
    internal static byte[][] Chunks(int lineBytes)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, 64).Select(_ => Lines(lineBytes, 64 << 10, random))];
    }

    /// <summary>Lines like a compiler's, or plain random numbers where they are short.</summary>
    private static byte[] Lines(int lineBytes, int total, Random random)
    {
        var text = new StringBuilder();
        while (text.Length + lineBytes <= total)
        {
            string line = lineBytes < 20 ? $"{random.Next(1_000_000):D6}" : $"[{random.Next(9999):D4}] cc -O2 -g -c src/module{random.Next(500):D3}.c -o build/module.o -Wall";
            text.Append(line.PadRight(lineBytes - 1)[..(lineBytes - 1)]).Append('\n');
        }
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    internal static async Task<JobLogFacts> FillAsync(LogStore store, JobId job, byte[][] chunks, int megabytes)
    {
        var writer = store.Open(job, 1, "");
        var at = TimeProvider.System.GetUtcNow();
        for (int i = 0; writer.Bytes < megabytes * 1_000_000L; i++)
            await writer.AppendAsync(OutputStream.Stdout, chunks[i % chunks.Length], at);
        return await writer.CompleteAsync();
    }
}
