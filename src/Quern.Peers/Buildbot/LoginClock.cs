namespace Quern.Peers.Buildbot;

/// <summary>The time that a connection has for its login: first for the worker to say who it is, then for the farm to check it.</summary>
internal sealed class LoginClock(WorkerLinkOptions options, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _late = new(options.LoginDeadline, time);
    private volatile bool _asked;

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Late => _late.Token;

    /// <summary>Why the connection ends then.</summary>
    public string Reason => _asked
        ? $"the login was not checked within {options.CheckDeadline.TotalSeconds:0} s"
        : $"no login within {options.LoginDeadline.TotalSeconds:0} s";

    /// <summary>The worker has said who it is: from here on the farm takes the time.</summary>
    public void Asked()
    {
        _asked = true;
        _late.CancelAfter(options.CheckDeadline);
    }

    public void Dispose() => _late.Dispose();
}
