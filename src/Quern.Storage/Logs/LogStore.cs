using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Quern.Model;

namespace Quern.Storage;

/// <summary>
/// The farm's logs as files below one folder. Taking in a line costs one write and no SQL; a loop puts changed logs on disk
/// every second; anything can be read while it grows.
/// </summary>
/// <remarks>
/// One store at a time writes below a folder. Names of new files reach the disk with the first sync of the file, as ext4, XFS
/// and btrfs do it.
/// </remarks>
public sealed class LogStore : IAsyncDisposable
{
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly LogStoreOptions _options;
    private readonly ConcurrentDictionary<string, LogWriter> _live = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<FramePacker> _packers = [];
    private readonly Task _syncing;
    private long _generations;

    /// <param name="folder">Created when missing.</param>
    /// <exception cref="ZstdException">The compression library is not installed.</exception>
    public LogStore(string folder, TimeProvider time, LogStoreOptions? options = null)
    {
        (_folder, _time, _options) = (System.IO.Path.GetFullPath(folder), time, options ?? new LogStoreOptions());
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.RecordBytes, LogRecord.MaxText);
        Zstd.EnsureAvailable();
        Directory.CreateDirectory(_folder);
        int packers = Math.Clamp(Environment.ProcessorCount, 1, 4);
        Packers = Channel.CreateBounded<FramePacker>(packers);
        for (int i = 0; i < packers; i++)
        {
            _packers.Add(new FramePacker(_options.FrameBytes));
            Packers.Writer.TryWrite(_packers[i]);
        }
        _syncing = SyncLoopAsync();
    }

    /// <summary>Raised after each round of the sync loop, for tests that drive the clock.</summary>
    internal event Action? Synced;

    /// <summary>The buffers for compression: as many as processors, so their memory does not grow with the open logs.</summary>
    internal Channel<FramePacker> Packers { get; }

    /// <summary>Opens a log for writing, behind what an earlier writer left.</summary>
    /// <param name="name">"" for the job's own output, else the name of a followed log file: any text at all.</param>
    /// <exception cref="InvalidOperationException">The log is open already.</exception>
    /// <exception cref="LogWriteException">What an earlier writer left cannot be read or mended.</exception>
    public LogWriter Open(JobId job, int attempt, string name)
    {
        var path = LogPath.Of(_folder, job, attempt, name);
        var writer = new LogWriter(this, path, _options, _time);
        if (!_live.TryAdd(path.Stem, writer))
            throw new InvalidOperationException($"The log {path.Stem} is already open for writing.");
        try
        {
            if (path.Exists) writer.Resume();
            if (_awaited.TryRemove(path.Stem, out var waiters)) waiters.TrySetResult();
            return writer;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Forget(writer);
            throw new LogWriteException(path.Stem, $"The log {path.Stem} could not be opened again: {error.Message}");
        }
    }

    /// <summary>Opens a log for reading; null when there is none. The caller disposes the reader.</summary>
    public Task<LogReader?> OpenReaderAsync(JobId job, int attempt, string name, CancellationToken cancellation = default)
    {
        var path = LogPath.Of(_folder, job, attempt, name);
        return Task.Run(
            () => _live.ContainsKey(path.Stem) || path.Exists ? new LogReader(path, () => _live.GetValueOrDefault(path.Stem)) : null,
            cancellation);
    }

    /// <summary>Done when a log is open for writing, or has been: from then on it can be read.</summary>
    public async Task WaitForOpenAsync(JobId job, int attempt, string name, CancellationToken cancellation)
    {
        var path = LogPath.Of(_folder, job, attempt, name);
        var waiters = _awaited.GetOrAdd(path.Stem, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        // Asked after the entry is made: a writer that opens from now on finds it.
        if (_live.ContainsKey(path.Stem) || path.Exists)
        {
            _awaited.TryRemove(new KeyValuePair<string, TaskCompletionSource>(path.Stem, waiters));
            waiters.TrySetResult();
        }
        await waiters.Task.WaitAsync(cancellation);
    }

    /// <summary>The logs of a job by attempt and name; also those just opened that hold nothing yet.</summary>
    public ImmutableArray<StoredLog> ListLogs(JobId job)
    {
        string folder = LogPath.FolderOf(_folder, job);
        var stored = Directory.Exists(folder) ? Directory.EnumerateFiles(folder).ToList() : [];
        stored.AddRange(_live.Values.Select(w => w.Path.Tail).Where(p => System.IO.Path.GetDirectoryName(p) == folder));
        return [.. stored.Select(p => LogPath.Parse(System.IO.Path.GetFileName(p))).OfType<StoredLog>().Distinct()
            .OrderBy(l => l.Attempt).ThenBy(l => l.Name, StringComparer.Ordinal)];
    }

    /// <summary>Removes all logs of a job; does nothing when there are none.</summary>
    /// <exception cref="InvalidOperationException">One of them is open for writing.</exception>
    public Task DeleteAsync(JobId job, CancellationToken cancellation = default)
    {
        string folder = LogPath.FolderOf(_folder, job);
        if (_live.Keys.Any(stem => System.IO.Path.GetDirectoryName(stem) == folder))
            throw new InvalidOperationException($"The logs of job {job} cannot be deleted while one is being written.");
        return Task.Run(
            () =>
            {
                if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            },
            cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _syncing;
        foreach (var writer in _live.Values) await writer.DisposeAsync();
        foreach (var packer in _packers) packer.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Never the same twice, so a reader cannot take the files of one writer for those of the next.</summary>
    internal long NextGeneration() => Interlocked.Increment(ref _generations);

    internal void Forget(LogWriter writer) => _live.TryRemove(new KeyValuePair<string, LogWriter>(writer.Path.Stem, writer));

    private async Task SyncLoopAsync()
    {
        using var timer = new PeriodicTimer(_options.SyncInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                var dirty = _live.Values.Where(w => w.Dirty).ToList();
                await Parallel.ForEachAsync(
                    dirty, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = _stopping.Token }, SyncOneAsync);
                Synced?.Invoke();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
    }

    private static async ValueTask SyncOneAsync(LogWriter writer, CancellationToken cancellation)
    {
        try
        {
            await writer.SyncAsync(cancellation);
        }
        catch (LogWriteException)
        {
            // The log stays dirty, so the next round tries again; completing it reports what the disk says then.
        }
    }
}
