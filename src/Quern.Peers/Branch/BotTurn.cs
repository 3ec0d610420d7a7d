using System.Buffers;
using Quern.Protocols.Branch;

namespace Quern.Peers.Branch;

/// <summary>
/// Keeps apart what a bot is answered and what it is ordered. A bot waits for one frame and takes the next one for its answer, so an
/// order leaves only between two requests, and not at once after an answer: old bots hang on two frames in one read.
/// </summary>
/// <param name="isMidway">Whether the connection is in the middle of a frame or a file.</param>
internal sealed class BotTurn(BranchOutput output, BranchDialect dialect, Func<bool> isMidway, BranchOptions options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>When the last answer was written. Touched by whoever has the turn.</summary>
    private long _answeredAt = time.GetTimestamp();

    /// <summary>Waits until nobody else writes; every call needs its <see cref="Leave"/> or <see cref="LeaveAnswered"/>.</summary>
    public Task EnterAsync(CancellationToken cancellationToken) => _turn.WaitAsync(cancellationToken);

    public void Leave() => _turn.Release();

    /// <summary>The same after an answer was written.</summary>
    public void LeaveAnswered()
    {
        _answeredAt = time.GetTimestamp();
        Leave();
    }

    /// <summary>Writes an order as soon as the bot can take one.</summary>
    /// <param name="order">What to write.</param>
    /// <param name="take">Asked right before, while no request is open; false when the order is not wanted any more.</param>
    /// <returns>Whether it was written.</returns>
    public async Task<bool> OrderAsync(BranchOrder order, Func<bool> take, CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan wait;
            await EnterAsync(cancellationToken);
            try
            {
                wait = options.OrderGap - time.GetElapsedTime(_answeredAt);
                if (isMidway()) wait = options.OrderGap;
                if (wait <= TimeSpan.Zero)
                {
                    if (!take()) return false;
                    await WriteAsync(order, cancellationToken);
                    return true;
                }
            }
            finally
            {
                Leave();
            }
            await Task.Delay(wait, time, cancellationToken);
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task WriteAsync(BranchOrder order, CancellationToken cancellationToken)
    {
        var bytes = new ArrayBufferWriter<byte>();
        if (dialect == BranchDialect.V1) BranchV1.WriteOrder(order, bytes);
        else BranchV2.WriteOrder(order, bytes);
        if (await output.WriteAsync(bytes.WrittenMemory, "an order", cancellationToken) is { Length: > 0 } reason) throw new IOException(reason);
    }
}
