using Quern.Model;

namespace Quern.Peers.Dispatch;

/// <summary>One file from a worker to a path of the master: written beside it, synced and renamed when whole.</summary>
internal sealed class FileUploadObserver : CommandObserver
{
    private readonly string _path;
    private readonly string _temporary;
    private readonly long _maxBytes;
    private readonly FileStream _file;
    private long _bytes;
    private bool _whole;

    public FileUploadObserver(JobLog log, string path, long maxBytes) : base(log)
    {
        (_path, _maxBytes) = (path, maxBytes);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _temporary = $"{path}.quern-{Guid.NewGuid():N}";
        _file = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0);
    }

    public override string? Unfinished => _whole ? null : "the worker did not finish the upload";

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> block)
    {
        if (_bytes + block.Length > _maxBytes)
            throw new TransferRefusedException($"The upload to '{_path}' is over its limit of {_maxBytes} bytes.");
        // Into the page cache, as the log does: a file handle has no asynchronous write, only another thread that does this one.
        RandomAccess.Write(_file.SafeFileHandle, block.Span, _bytes);
        _bytes += block.Length;
        return ValueTask.CompletedTask;
    }

    public override ValueTask CloseWriteAsync()
    {
        RandomAccess.FlushToDisk(_file.SafeFileHandle);
        _file.Dispose();
        File.Move(_temporary, _path, overwrite: true);
        _whole = true;
        return ValueTask.CompletedTask;
    }

    protected override ValueTask ReleaseAsync()
    {
        if (!_whole)
        {
            _file.Dispose();
            File.Delete(_temporary);
        }
        return ValueTask.CompletedTask;
    }
}
