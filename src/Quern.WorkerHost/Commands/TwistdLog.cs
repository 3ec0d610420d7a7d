using System.Globalization;
using System.Text;

namespace Quern.WorkerHost;

/// <summary>
/// A log in the format of Twisted's (<c>2026-11-25 21:47:38+0000 [-] text</c>, local time), which is cut into numbered old files as
/// Twisted's is. Any thread may write.
/// </summary>
internal sealed class TwistdLog : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly TacLog.File? _file;
    private readonly string _path;
    private Stream _stream;   // guarded by the lock
    private long _length;     // guarded by the lock; of the file

    private TwistdLog(TimeProvider time, TacLog.File? file, string path, Stream stream)
    {
        (_time, _file, _path, _stream) = (time, file, path, stream);
        _length = file is null ? 0 : stream.Length;
    }

    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor by this user.</exception>
    public static TwistdLog Open(TacLog log, WorkerFolder folder, TimeProvider time)
    {
        if (log is not TacLog.File file) return new TwistdLog(time, null, "", Console.OpenStandardOutput());
        string path = Path.GetFullPath(file.Path, folder.Path);
        return new TwistdLog(time, file, path, OpenFile(path));
    }

    public void Write(string text)
    {
        var now = _time.GetLocalNow();
        string zone = now.Offset.ToString(@"hhmm", CultureInfo.InvariantCulture);
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{now:yyyy-MM-dd HH:mm:ss}{(now.Offset < TimeSpan.Zero ? '-' : '+')}{zone} [-] {text.ReplaceLineEndings("\n\t")}\n");
        byte[] bytes = Encoding.UTF8.GetBytes(line);
        lock (_lock)
        {
            if (_file?.RotateBytes <= _length) Rotate();
            _stream.Write(bytes);
            _stream.Flush();
            _length += bytes.Length;
        }
    }

    /// <summary>Begins a new file now.</summary>
    public void RotateNow()
    {
        lock (_lock)
            if (_file is not null) Rotate();
    }

    public void Dispose()
    {
        lock (_lock) _stream.Dispose();
    }

    /// <summary><c>log.2</c> becomes <c>log.3</c>, <c>log.1</c> <c>log.2</c>, <c>log</c> <c>log.1</c>; what is over the limit goes.</summary>
    private void Rotate()
    {
        try
        {
            var numbers = Directory.EnumerateFiles(Path.GetDirectoryName(_path)!)
                .Where(f => f.StartsWith(_path + ".", StringComparison.Ordinal))
                .Select(f => int.TryParse(f.AsSpan(_path.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0)
                .Where(n => n > 0).OrderDescending();
            foreach (int number in numbers)
            {
                if (number >= _file!.MaxRotated) File.Delete($"{_path}.{number}");
                else File.Move($"{_path}.{number}", $"{_path}.{number + 1}", overwrite: true);
            }
            File.Move(_path, $"{_path}.1", overwrite: true);
            var old = _stream;
            _stream = OpenFile(_path);
            _length = _stream.Length;
            old.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As Twisted: a log that cannot be cut goes on in the file it has.
            _length = 0;
        }
    }

    private static FileStream OpenFile(string path) => new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
}
