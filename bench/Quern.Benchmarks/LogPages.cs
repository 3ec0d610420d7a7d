using Quern.Model;
using Quern.Storage;

namespace Quern.Benchmarks;

/// <summary>Pages of 100 lines from anywhere in a log of 300 MB, each by a fresh reader as the API does it.</summary>
internal sealed class LogPages : IBenchmark
{
    private const int Pages = 200;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quern-bench-");
    private readonly JobId _job = JobId.Create(TimeProvider.System.GetUtcNow());
    private LogStore? _store; // made and filled by the first round, which warms up
    private long _lines;

    public string Name => "log page of 100 lines, anywhere in 300 MB";
    public string Unit => "pages";

    public async Task<double> RunAsync(string folder)
    {
        if (_store is null)
        {
            _store = new LogStore(_folder.FullName, TimeProvider.System);
            _lines = (await LogAppend.FillAsync(_store, _job, LogAppend.Chunks(80), 300)).Lines;
        }
        var random = new Random(2);
        for (int i = 0; i < Pages; i++)
        {
            using var reader = await _store.OpenReaderAsync(_job, 1, "");
            await reader!.ReadAsync(random.NextInt64(1, _lines - 100), 100);
        }
        return Pages;
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
