using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>download_file: asks the master for block after block until an empty one. buildbot-commands.md section 3.3.</summary>
internal sealed class DownloadCommand : IWorkerCommand
{
    private readonly string _path;
    private readonly long? _maxSize;
    private readonly int _blockBytes;
    private readonly int? _mode;
    private volatile bool _interrupted;

    /// <exception cref="CommandRefusedException">An argument is missing or wrong.</exception>
    public DownloadCommand(CommandArguments arguments)
    {
        _path = arguments.Require("path", "blocksize").Path("path");
        _maxSize = arguments.Integer("maxsize");
        _blockBytes = UploadCommand.BlockSize(arguments);
        _mode = (int?)arguments.Integer("mode") & 0xFFF;
    }

    public void Interrupt() => _interrupted = true;

    public async Task RunAsync(CommandContext context)
    {
        int code = 1;
        string? error = null;
        MasterRefusedException? refusal = null;
        try
        {
            if (Path.GetDirectoryName(_path) is { Length: > 0 } parent) Directory.CreateDirectory(parent);
            await using var file = new FileStream(_path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            // Linux only, as the whole engine; the check is for the analyzer.
            if (_mode is { } mode && !OperatingSystem.IsWindows()) File.SetUnixFileMode(file.SafeFileHandle, (UnixFileMode)mode);
            if (await ReceiveAsync(context, file)) code = 0;
            else if (!_interrupted) error = $"Maximum filesize reached, truncating file '{_path}'";
        }
        catch (MasterRefusedException e)
        {
            refusal = e;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or DirectoryNotFoundException or FileNotFoundException)
        {
            error = $"Cannot open file '{_path}' for download";
        }
        catch (IOException e) when (!context.Output.IsLost)
        {
            error = Directory.Exists(_path) ? $"Cannot open file '{_path}' for download" : $"Cannot write file '{_path}': {e.Message}";
        }

        try
        {
            await context.Channel.CloseReadAsync();
        }
        catch (MasterRefusedException e)
        {
            refusal ??= e;
        }
        if (error is not null) await context.Output.StderrAsync(error);
        await context.Output.EntryAsync(new UpdateEntry.ReturnCode(code));
        if (refusal is not null)
            throw CommandFailedException.Of(refusal.PythonType, refusal.Message);
    }

    /// <summary>True at the master's end of file, false when the limit was reached or the command was interrupted.</summary>
    private async Task<bool> ReceiveAsync(CommandContext context, FileStream file)
    {
        long room = _maxSize ?? long.MaxValue;
        bool ahead = context.Options.BlocksInFlight > 1;
        Task<ReadOnlyMemory<byte>>? next = null;
        try
        {
            while (!_interrupted)
            {
                if (room <= 0) return false;
                next ??= context.Channel.ReadBlockAsync(Math.Min(_blockBytes, room)).AsTask();
                var block = await next;
                next = null;
                if (block.IsEmpty) return true;
                if (block.Length > room) block = block[..(int)room];
                room -= block.Length;
                // Asked for before this one is written: the master reads meanwhile, and sees the same requests as ever. Not where
                // a block is the master's own buffer, which the next one overwrites.
                if (ahead && room > 0 && !_interrupted) next = context.Channel.ReadBlockAsync(Math.Min(_blockBytes, room)).AsTask();
                await file.WriteAsync(block);
            }
            return false;
        }
        finally
        {
            // Answered before the close goes out; whatever went wrong is known already.
            if (next is not null) await next.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
