using Microsoft.Win32.SafeHandles;

namespace Quern.Storage;

/// <summary>The files under a log: tail, tail on its way, frames. Lines move tail → full → qlog and never back.</summary>
public sealed partial class LogWriter
{
    // References below change under this lock, so that a sync sees all three at one moment; calls under it never block.
    private readonly Lock _files = new();
    private TailFile? _tail;                      // where appends go; null until the first one
    private TailFile? _full;                      // on its way into frames; stays when the disk refused them
    private FrameFile? _frames;                   // null until the first frame
    private Task<string?> _packing = Task.FromResult<string?>(null); // the one move in flight, with its error
    private long _rotateAt;
    private long _generation;                     // changes whenever a reader must open the files anew
    private volatile bool _dirty;                 // appended to since the last sync

    internal long Generation => Interlocked.Read(ref _generation);

    internal bool Dirty => _dirty;

    private void ChangeGeneration() => Interlocked.Exchange(ref _generation, _store.NextGeneration());

    /// <summary>Puts everything appended so far on disk.</summary>
    /// <exception cref="LogWriteException">The disk reported an error.</exception>
    public async ValueTask SyncAsync(CancellationToken cancellation = default)
    {
        SafeFileHandle?[] handles;
        lock (_files)
        {
            _dirty = false;
            if (_full is not null) _full.Promised = true;
            if (_tail is not null) _tail.Promised = true;
            handles = [_full?.Handle, _frames?.Handle, _tail?.Handle];
        }
        string? error = await Task.Run(() => SyncAll(handles), cancellation);
        if (error is null) return;
        _dirty = true;
        throw Failure($"The log {_path.Stem} could not be put on disk", error);
    }

    private static string? SyncAll(SafeFileHandle?[] handles)
    {
        string? first = null;
        foreach (var handle in handles)
        {
            if (handle is null) continue;
            try { first ??= Posix.SyncFile(handle); }
            catch (ObjectDisposedException) { } // its lines were moved into a frame, and synced there since it was promised
        }
        return first;
    }

    private string? OpenTail()
    {
        if (_tail is not null) return null;
        try
        {
            // Asked first: nearly every job's first line comes here, and an exception costs more than the rest of its log.
            string folder = System.IO.Path.GetDirectoryName(_path.Tail)!;
            if (!Directory.Exists(folder)) Directory.CreateDirectory(folder);
            var tail = new TailFile(Create(_path.Tail), _lines + 1, length: 0);
            lock (_files) _tail = tail;
            ChangeGeneration();
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
    }

    private static SafeFileHandle Create(string path) =>
        File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Sends the grown tail on its way; waits while the one before is still moving, which bounds the backlog.</summary>
    private async ValueTask RotateAsync()
    {
        await _packing;
        if (_full is null)
        {
            if (Posix.Rename(_path.Tail, _path.Full) is not null)
            {
                _rotateAt = _tail!.Length + _options.FrameBytes;
                return;
            }
            lock (_files) (_full, _tail) = (_tail, null);
            ChangeGeneration();
            _rotateAt = _options.FrameBytes;
        }
        else
        {
            // The disk refused the last move: the tail grows meanwhile, and is tried again a frame later.
            _rotateAt = _tail!.Length + _options.FrameBytes;
        }
        var moving = _full!;
        _packing = Task.Run(() => PackAsync(moving, _path.Full));
    }

    /// <summary>Moves one tail file into frames and removes it; an error leaves it in place for another try.</summary>
    private async Task<string?> PackAsync(TailFile tail, string path)
    {
        try
        {
            var packer = await _store.Packers.Reader.ReadAsync();
            try
            {
                if (_frames is null)
                {
                    var created = new FrameFile(Create(_path.Frames), length: 0, nextLine: 1);
                    lock (_files) _frames = created;
                }
                if (packer.Pack(tail, _frames) is { } error) return error;
            }
            finally
            {
                _store.Packers.Writer.TryWrite(packer);
            }
            return Remove(tail, path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
    }

    /// <summary>Lets go of a moved tail. What a sync has promised must be synced in its new place first.</summary>
    private string? Remove(TailFile tail, string path)
    {
        bool promised;
        lock (_files)
        {
            promised = tail.Promised;
            if (!promised) Forget(tail);
        }
        if (promised)
        {
            if (Posix.SyncFile(_frames!.Handle) is { } error) return error;
            lock (_files) Forget(tail);
        }
        File.Delete(path);
        tail.Dispose();
        ChangeGeneration();
        return null;
    }

    private void Forget(TailFile tail)
    {
        if (ReferenceEquals(_full, tail)) _full = null;
        if (ReferenceEquals(_tail, tail)) _tail = null;
    }

    /// <summary>Leaves a short log as the one file it is; moves the rest of a longer one into frames. Synced either way.</summary>
    private async Task<string?> FinishFilesAsync()
    {
        await _packing;
        bool small = _frames is null && _full is null && _tail?.Length <= _options.SmallLogBytes;
        if (!small)
        {
            if (_full is not null) await PackAsync(_full, _path.Full);
            if (_full is null && _tail is not null) await PackAsync(_tail, _path.Tail);
        }
        // Where a move failed the lines are still in the tail, and the end of the log with them.
        // On this thread: whoever ends a log waits for the disk anyhow, and a job's end is where a builder waits for its next job.
        return SyncAll([_full?.Handle, _frames?.Handle, _tail?.Handle]);
    }

    private void Close()
    {
        if (_closed) return;
        _closed = true;
        lock (_files)
        {
            _tail?.Dispose();
            _full?.Dispose();
            _frames?.Dispose();
            (_tail, _full, _frames) = (null, null, null);
        }
        _dirty = false;
        _store.Forget(this);
        ChangeGeneration();
        Signal(closed: true);
    }
}
