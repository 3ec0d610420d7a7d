using System.Buffers;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>Sends what a program writes into a file beside its output. buildbot-commands.md section 2.6.</summary>
internal sealed class LogFileWatcher : IDisposable
{
    private const int BlockBytes = 10_000;   // as stock workers read

    private readonly string _name;
    private readonly string _path;
    private readonly bool _follow;
    private FileStream? _file;

    // The state before the command started; reading begins when the file's state differs from it.
    private FileStatus? _noted;

    public LogFileWatcher(string name, string path, bool follow)
    {
        (_name, _path, _follow) = (name, path, follow);
        _noted = FileStatus.Read(path, out _);
    }

    /// <summary>Name to path, or name to <c>{filename, follow}</c>, relative to the working directory.</summary>
    /// <exception cref="CommandFailedException">The map has another shape.</exception>
    public static List<LogFileWatcher> From(WireValue.Map logFiles, string workingDirectory)
    {
        var result = new List<LogFileWatcher>();
        foreach (var (name, value) in logFiles.Entries)
        {
            var (file, follow) = value switch
            {
                WireValue.Text text => (text.Value, false),
                WireValue.Map map when map["filename"] is WireValue.Text text =>
                    (text.Value, map["follow"] is WireValue.Boolean { Value: true }),
                _ => throw CommandFailedException.Of("KeyError", "'filename'"),
            };
            result.Add(new LogFileWatcher(name, Path.Combine(workingDirectory, file), follow));
        }
        return result;
    }

    /// <summary>Sends what is new; true when there was something.</summary>
    public async ValueTask<bool> PollAsync(CommandOutput output)
    {
        if (_file is null && !Begin()) return false;
        bool any = false;
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            while (true)
            {
                int read = await _file!.ReadAsync(block.AsMemory(0, BlockBytes));
                if (read == 0) return any;
                await output.TextAsync(BuildbotNames.Log, _name, block.AsMemory(0, read));
                any = true;
            }
        }
        catch (IOException)
        {
            return any;   // for instance a folder by that name; the command itself goes on
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    public void Dispose() => _file?.Dispose();

    private bool Begin()
    {
        var now = FileStatus.Read(_path, out _);
        if (now is null) _noted = null;
        if (now is null || now.SameFile(_noted)) return false;
        try
        {
            _file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (_follow) _file.Seek(0, SeekOrigin.End);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
