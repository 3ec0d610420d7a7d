using System.Buffers;
using System.IO.Pipelines;
using Quern.Protocols;
using Quern.Protocols.Branch;

namespace Quern.WorkerHost;

/// <content>What comes from the master: one loop.</content>
internal sealed partial class BranchWire
{
    private async Task ReadAsync()
    {
        string reason;
        try
        {
            reason = await ReadFramesAsync(PipeReader.Create(_stream));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or UnauthorizedAccessException)
        {
            reason = $"the connection to the master is lost: {e.Message}";
        }
        End(reason);
    }

    private async Task<string> ReadFramesAsync(PipeReader input)
    {
        while (true)
        {
            var result = await input.ReadAsync(Gone);
            var buffer = result.Buffer;
            while (true)
            {
                OpenRequest? file;
                int limit;
                lock (_lock) (file, limit) = (_open is { Target: not null } ? _open : null, _dialect is null ? BranchLimits.MaxStrangerBody : BranchLimits.MaxControllerBody);
                if (file is not null)
                {
                    if (buffer.IsEmpty) break;
                    buffer = await TakeBytesAsync(file, buffer);
                    continue;
                }
                var status = BranchFraming.TryRead(ref buffer, limit, out var body);
                if (status == DecodeStatus.NeedMore) break;
                if (status != DecodeStatus.Success)
                    return status == DecodeStatus.TooLarge ? $"the master sends a frame of more than {limit} bytes" : "the master sends something that is no frame";
                if (Take(body.ToArray()) is { } problem) return problem;
            }
            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted) return "the master closed the connection";
        }
    }

    private async Task<ReadOnlySequence<byte>> TakeBytesAsync(OpenRequest file, ReadOnlySequence<byte> buffer)
    {
        var bytes = buffer.Slice(0, Math.Min(file.BytesLeft, buffer.Length));
        foreach (var segment in bytes) await file.Target!.WriteAsync(segment, Gone);
        file.BytesLeft -= bytes.Length;
        if (file.BytesLeft == 0)
        {
            lock (_lock) _open = null;
            file.Answer.TrySetResult([]);
        }
        return buffer.Slice(bytes.End);
    }

    /// <summary>One frame of the master; why the connection has to end, or null.</summary>
    private string? Take(byte[] body)
    {
        lock (_lock)
        {
            if (!IsOrder(body))
            {
                if (_open is not { } request) return "the master answers what was not asked";
                _open = null;
                request.Answer.TrySetResult(body);
                return null;
            }
            if (_isBusy) return OrderProblem(body);
            return _orders.Writer.TryWrite(body) ? null : "the master sends one order after the other";
        }
    }

    // Under the lock. In V1 a word that is no order can only be told from an answer by whether one is due.
    private bool IsOrder(byte[] body) => _dialect switch
    {
        null => false,
        BranchDialect.V1 => BranchV1.TryReadOrder(body, out _) || _open is null,
        _ => !BranchV2.TryReadStatus(body, out _, out _),
    };

    // Under the lock: what an order means while a build runs, or before the bot was ever ready.
    private string? OrderProblem(byte[] body)
    {
        if (_building.AsSpan().SequenceEqual(body)) return null;
        bool read = _dialect == BranchDialect.V1 ? BranchV1.TryReadOrder(body, out var order) : BranchV2.TryReadOrder(body, out order);
        return read && order is BranchOrder.Ping ? null : "the master gives an order while this bot is busy";
    }
}
