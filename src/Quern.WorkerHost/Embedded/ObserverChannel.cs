using System.Collections.Immutable;
using Quern.Execution;
using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>Hands what a command says to the farm's observer, one call at a time.</summary>
internal sealed class ObserverChannel(ICommandObserver observer) : ICommandChannel, IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private int? _code;
    private ImmutableArray<string> _files = [];
    private string? _refused, _failed;

    /// <summary>Called when the observer could not take something; ends the command.</summary>
    public Action? Failed { get; set; }

    /// <summary>After the command's completion.</summary>
    public CommandResult Result =>
        _failed is not null ? new CommandResult.Refused(_failed)
        : _refused is not null ? new CommandResult.Refused(_refused)
        : new CommandResult.Ended(_code ?? -1) { Files = _files };

    public ValueTask UpdateAsync(ImmutableArray<UpdateEntry> entries) => GuardAsync(async () =>
    {
        foreach (var entry in entries)
        {
            switch (entry)
            {
                case UpdateEntry.ReturnCode code:
                    _code = code.Value;
                    break;
                case UpdateEntry.Files files:
                    _files = files.Names;
                    break;
                case UpdateEntry.Text text:
                    await observer.OutputAsync(Stream(text.Stream), text.Log, text.Utf8, At(text));
                    break;
            }
        }
    });

    public ValueTask CompleteAsync(CommandFailure? failure)
    {
        _refused = failure?.Text;
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteBlockAsync(TransferKind kind, ReadOnlyMemory<byte> block) =>
        GuardAsync(() => observer.WriteAsync(block));

    public ValueTask CloseWriteAsync(TransferKind kind) => GuardAsync(observer.CloseWriteAsync);

    public ValueTask SetTimesAsync(double accessTime, double modifiedTime) => ValueTask.CompletedTask;   // the farm keeps no times

    public async ValueTask<ReadOnlyMemory<byte>> ReadBlockAsync(long length)
    {
        ReadOnlyMemory<byte> block = default;
        await GuardAsync(async () => block = await observer.ReadAsync((int)Math.Min(length, int.MaxValue)));
        return block;
    }

    public ValueTask CloseReadAsync() => GuardAsync(observer.CloseReadAsync);

    public void Dispose() => _gate.Dispose();

    private async ValueTask GuardAsync(Func<ValueTask> call)
    {
        await _gate.WaitAsync();
        try
        {
            await call();
        }
#pragma warning disable CA1031 // Whatever the observer throws ends the command with its reason and nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failed ??= $"the farm could not take what the command sent: {e.Message}";
            Failed?.Invoke();
            throw new IOException(_failed, e);
        }
        finally
        {
            _gate.Release();
        }
    }

    private static OutputStream Stream(string name) => name switch
    {
        BuildbotNames.Stderr => OutputStream.Stderr,
        BuildbotNames.Header => OutputStream.Header,
        _ => OutputStream.Stdout,
    };

    private static DateTimeOffset At(UpdateEntry.Text text) =>
        DateTimeOffset.UnixEpoch.AddSeconds(text.Times.IsEmpty ? 0 : text.Times.Span[0]);
}
