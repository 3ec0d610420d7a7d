using Quern.Peers.Buildbot;

namespace Quern.Peers.Branch;

/// <summary>Takes in connections of Branch programs and bounds how many there are.</summary>
public sealed class BranchAcceptor(IBranchGate gate, BranchDesk desk, BranchClients clients, BranchBots bots, BranchOptions options, TimeProvider time) : IWorkerAcceptor, IDisposable
{
    private readonly SemaphoreSlim _work = new(options.MaxParallelRequests);

    /// <summary>Apart, because bots are timed: what a crowd of controllers asks must not make them late.</summary>
    private readonly SemaphoreSlim _botWork = new(options.MaxParallelRequests);
    private int _connections;
    private int _strangers;

    /// <inheritdoc/>
    public async Task ServeAsync(Stream stream, string remote, CancellationToken cancellationToken)
    {
        await using (stream)
        {
            int connections = Interlocked.Increment(ref _connections), strangers = Interlocked.Increment(ref _strangers);
            bool stranger = true;
            try
            {
                if (connections > options.MaxConnections || strangers > options.MaxStrangers)
                {
                    gate.Ended("", remote, "too many connections are open");
                    return;
                }
                await using var connection = new BranchConnection(stream, remote, gate, desk, clients, bots, options, time, _work, _botWork, () =>
                {
                    stranger = false;
                    Interlocked.Decrement(ref _strangers);
                });
                string reason = await connection.RunAsync(cancellationToken);
                gate.Ended(connection.Name, remote, reason);
            }
            finally
            {
                Interlocked.Decrement(ref _connections);
                if (stranger) Interlocked.Decrement(ref _strangers);
            }
        }
    }

    /// <summary>After the last connection has ended.</summary>
    public void Dispose()
    {
        _work.Dispose();
        _botWork.Dispose();
        bots.Dispose();
    }
}
