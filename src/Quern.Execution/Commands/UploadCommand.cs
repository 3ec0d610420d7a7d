using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>upload_file and upload_directory: blocks to the master, some of them on the way at once. buildbot-commands.md section 3.</summary>
internal sealed class UploadCommand : IWorkerCommand
{
    // A block size comes from outside and becomes an allocation.
    private const int MaxBlockBytes = 16 * 1024 * 1024;

    private readonly TransferKind _kind;
    private readonly string _path;
    private readonly string? _compression;
    private readonly long? _maxSize;
    private readonly int _blockBytes;
    private readonly bool _keepTimes;
    private volatile bool _interrupted;

    /// <exception cref="CommandRefusedException">An argument is missing or wrong.</exception>
    public UploadCommand(TransferKind kind, CommandArguments arguments)
    {
        _kind = kind;
        _path = arguments.Require("path", "blocksize").Path("path");
        _maxSize = arguments.Integer("maxsize");
        _blockBytes = BlockSize(arguments);
        _keepTimes = kind == TransferKind.File && arguments.Truth("keepstamp", false);
        _compression = kind == TransferKind.Directory ? arguments.OptionalText("compress") : null;
        if (_compression is not (null or "gz" or "bz2"))
            throw new CommandRefusedException($"upload_directory: unknown compression '{_compression}'");
    }

    public static int BlockSize(CommandArguments arguments) =>
        arguments.Integer("blocksize") is { } size and > 0
            ? (int)Math.Min(size, MaxBlockBytes)
            : throw new CommandRefusedException("argument 'blocksize' must be a positive number");

    public void Interrupt() => _interrupted = true;

    public async Task RunAsync(CommandContext context)
    {
        if (_kind == TransferKind.File)
        {
            var times = _keepTimes ? FileStatus.Read(_path, out _) : null;
            await SendAsync(context, _path, times);
            return;
        }
        string tar = await DirectoryArchive.CreateAsync(_path, _compression, context);
        try
        {
            await SendAsync(context, tar, null);
        }
        finally
        {
            File.Delete(tar);
        }
    }

    private async Task SendAsync(CommandContext context, string source, FileStatus? times)
    {
        await context.Output.HeaderAsync($"sending {_path}\n");
        int code = 1;
        string? error = null;
        MasterRefusedException? refusal = null;
        try
        {
            using var file = File.OpenHandle(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            bool whole = await SendBlocksAsync(context, file);
            if (whole) code = 0;
            else if (!_interrupted) error = $"Maximum filesize reached, truncating file '{_path}'";
        }
        catch (MasterRefusedException e)
        {
            refusal = e;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            error = $"Cannot open file '{_path}' for upload";
        }

        try
        {
            // A folder that lacks a block is not to be unpacked.
            if (_kind == TransferKind.File || refusal is null) await context.Channel.CloseWriteAsync(_kind);
            if (times is not null && code == 0) await context.Channel.SetTimesAsync(times.Accessed, times.Modified);
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

    /// <summary>True when the file's end was reached, false when the limit was or the command was interrupted.</summary>
    private async Task<bool> SendBlocksAsync(CommandContext context, SafeFileHandle file)
    {
        var onTheWay = new Queue<Task>();
        long at = 0;
        try
        {
            while (!_interrupted)
            {
                long room = _maxSize is { } limit ? limit - at : long.MaxValue;
                if (room <= 0) return false;
                byte[] block = ArrayPool<byte>.Shared.Rent((int)Math.Min(_blockBytes, room));
                int read = RandomAccess.Read(file, block.AsSpan(0, (int)Math.Min(_blockBytes, room)), at);
                if (read == 0)
                {
                    ArrayPool<byte>.Shared.Return(block);
                    return true;
                }
                at += read;
                onTheWay.Enqueue(WriteAsync(context, block, read));
                if (onTheWay.Count >= context.Options.BlocksInFlight) await onTheWay.Dequeue();
            }
            return false;
        }
        finally
        {
            await Task.WhenAll(onTheWay);
        }
    }

    private async Task WriteAsync(CommandContext context, byte[] block, int length)
    {
        try
        {
            await context.Channel.WriteBlockAsync(_kind, block.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
