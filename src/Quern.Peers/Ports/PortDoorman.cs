namespace Quern.Peers.Ports;

/// <summary>Counts who comes and goes at one port, and decides who may stay. Safe to call from many threads.</summary>
/// <param name="budget">Shared by all ports.</param>
internal sealed class PortDoorman(ConnectionBudget budget, TimeProvider time)
{
    private readonly Lock _lock = new();
    private PortCounts _counts;

    /// <summary>How many more may come at this moment, where their number is limited.</summary>
    private double _allowance = double.MaxValue;
    private long _filledAt = time.GetTimestamp();

    public PortCounts Counts
    {
        get
        {
            lock (_lock) return _counts;
        }
    }

    /// <summary>Whether somebody who knocks comes in; whoever does must be told to <see cref="Left"/> at the end.</summary>
    public bool Admits(PortLimits limits)
    {
        long now = time.GetTimestamp();
        lock (_lock)
        {
            if (_counts.Active >= limits.Connections)
            {
                _counts = _counts with { TooMany = _counts.TooMany + 1 };
                return false;
            }
            if (!IsSlowEnough(limits.PerSecond, now))
            {
                _counts = _counts with { TooFast = _counts.TooFast + 1 };
                return false;
            }
            if (!budget.Take())
            {
                _counts = _counts with { TooMany = _counts.TooMany + 1 };
                return false;
            }
            _counts = _counts with { Active = _counts.Active + 1 };
            return true;
        }
    }

    public void Accepted()
    {
        lock (_lock) _counts = _counts with { Accepted = _counts.Accepted + 1 };
    }

    public void TlsEnded(bool tooSlow)
    {
        lock (_lock)
            _counts = tooSlow ? _counts with { TlsTooSlow = _counts.TlsTooSlow + 1 } : _counts with { TlsFailed = _counts.TlsFailed + 1 };
    }

    public void Left()
    {
        budget.Return();
        lock (_lock) _counts = _counts with { Active = _counts.Active - 1 };
    }

    private bool IsSlowEnough(int perSecond, long now)
    {
        if (perSecond == 0) return true;
        _allowance = Math.Min(perSecond, _allowance + (time.GetElapsedTime(_filledAt, now).TotalSeconds * perSecond));
        _filledAt = now;
        if (_allowance < 1) return false;
        _allowance--;
        return true;
    }
}
