using System.Text;
using Quern.Model;
using Quern.Storage;

namespace Quern.Benchmarks;

/// <summary>One log taking in chunks of 64 KiB of equally long lines, closed (and so on disk) at the end.</summary>
internal sealed class LogAppend(int lineBytes, int megabytes) : IBenchmark
{
    private readonly byte[] _chunk = Lines(lineBytes, 64 << 10);

    public string Name => $"log append, {lineBytes}-byte lines";
    public string Unit => "MB";

    public async Task<double> RunAsync(string folder)
    {
        await using var store = new LogStore(folder, TimeProvider.System);
        var facts = await FillAsync(store, JobId.Create(TimeProvider.System.GetUtcNow()), _chunk, megabytes);
        return facts.Bytes / 1e6;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Numbered lines like a compiler's, in pseudo-random order, so that they compress as real ones do.</summary>
    internal static byte[] Lines(int lineBytes, int total)
    {
        var random = new Random(1);
        var text = new StringBuilder();
        while (text.Length + lineBytes <= total)
        {
            string line = lineBytes < 20 ? $"{random.Next(1_000_000):D6}" : $"[{random.Next(9999):D4}] cc -O2 -g -c src/module{random.Next(500):D3}.c -o build/module.o -Wall";
            text.Append(line.PadRight(lineBytes - 1)[..(lineBytes - 1)]).Append('\n');
        }
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    internal static async Task<JobLogFacts> FillAsync(LogStore store, JobId job, byte[] chunk, int megabytes)
    {
        var writer = store.Open(job, 1, "");
        var at = TimeProvider.System.GetUtcNow();
        for (long bytes = 0; bytes < megabytes * 1_000_000L; bytes += chunk.Length)
            await writer.AppendAsync(OutputStream.Stdout, chunk, at);
        return await writer.CompleteAsync();
    }
}
