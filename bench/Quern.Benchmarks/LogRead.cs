using Quern.Model;
using Quern.Storage;

namespace Quern.Benchmarks;

/// <summary>Copying the text of a finished log of 200 MB of 80-byte lines.</summary>
internal sealed class LogRead : IBenchmark
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quern-bench-");
    private readonly JobId _job = JobId.Create(TimeProvider.System.GetUtcNow());
    private LogStore? _store; // made and filled by the first round, which warms up

    public string Name => "log read, text of 80-byte lines";
    public string Unit => "MB";

    public async Task<double> RunAsync(string folder)
    {
        if (_store is null)
        {
            _store = new LogStore(_folder.FullName, TimeProvider.System);
            await LogAppend.FillAsync(_store, _job, LogAppend.Chunks(80), 200);
        }
        using var reader = await _store.OpenReaderAsync(_job, 1, "");
        await reader!.CopyTextAsync(Stream.Null);
        return 200;
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
