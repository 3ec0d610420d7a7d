using Quern.Execution;

[assembly: AssemblyFixture(typeof(Quern.Interop.StockMaster.DaemonReaper))]

namespace Quern.Interop.StockMaster;

/// <summary>
/// Takes in the processes that made themselves daemons, or whose parents were killed, and waits for their ends at once, as the first
/// process of a whole machine does. The engine of the embedded worker makes them children of this process, and in a container the first
/// process may be any program: what ended would stay there as a zombie, which <c>buildbot-worker stop</c> takes for a process that will not go.
/// </summary>
public sealed class DaemonReaper : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly OrphanReaper _takesIn = new(TimeProvider.System);
    private readonly ITimer _timer = TimeProvider.System.CreateTimer(_ => OrphanReaper.Reap(), null, Interval, Interval);

    public void Dispose()
    {
        _timer.Dispose();
        _takesIn.Dispose();
    }
}
