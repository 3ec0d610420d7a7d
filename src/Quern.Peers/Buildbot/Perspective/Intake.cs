namespace Quern.Peers.Buildbot.Perspective;

/// <summary>
/// Knows when the connection's reader waits for the master itself, so that this does not count as the worker's silence. Begun
/// and ended by that one reader; asked by others.
/// </summary>
internal sealed class Intake(TimeProvider time)
{
    private bool _taking;
    private long _ended = time.GetTimestamp();

    /// <summary>Since the reader last waited; none while it waits.</summary>
    public TimeSpan Idle => Volatile.Read(ref _taking) ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref _ended));

    /// <summary>The reader hands something over; disposed when it was taken.</summary>
    public Taking Begin()
    {
        Volatile.Write(ref _taking, true);
        return new Taking(this);
    }

    private void End()
    {
        Volatile.Write(ref _ended, time.GetTimestamp());
        Volatile.Write(ref _taking, false);
    }

    internal readonly struct Taking(Intake intake) : IDisposable
    {
        public void Dispose() => intake.End();
    }
}
