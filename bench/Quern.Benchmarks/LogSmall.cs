using Quern.Model;
using Quern.Storage;

namespace Quern.Benchmarks;

/// <summary>The log of a build that says next to nothing: opened, one line, closed and on disk.</summary>
internal sealed class LogSmall : IBenchmark
{
    private const int Count = 2000;
    private static readonly byte[] Line = "true\n"u8.ToArray();

    public string Name => "log of a no-op build, one after the other";
    public string Unit => "logs";

    public async Task<double> RunAsync(string folder)
    {
        await using var store = new LogStore(folder, TimeProvider.System);
        for (int i = 0; i < Count; i++)
        {
            var now = TimeProvider.System.GetUtcNow();
            var writer = store.Open(JobId.Create(now), 1, "");
            await writer.AppendAsync(OutputStream.Stdout, Line, now);
            await writer.CompleteAsync();
        }
        return Count;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
