namespace Quern.MasterHost.Tests.Agents;

/// <summary>A machine's clock that is set differently, or whose waits are over ten times as fast.</summary>
internal sealed class OtherClock(TimeSpan ahead = default, bool hurried = false) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + ahead;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, hurried && dueTime > TimeSpan.Zero ? dueTime / 10 : dueTime, period);
}
