namespace Quern.Protocols.Buildbot;

/// <summary>What the master's answer to the opening request comes to.</summary>
public abstract record ClientHandshakeResult
{
    private ClientHandshakeResult() { }

    /// <param name="RenewalAsked">The master is Quern and wants this worker to renew its certificate.</param>
    public sealed record Accepted(bool RenewalAsked = false) : ClientHandshakeResult;

    /// <param name="StatusCode">Of HTTP; 0 when the answer cannot be read.</param>
    /// <param name="Reason">In plain words.</param>
    public sealed record Refused(int StatusCode, string Reason) : ClientHandshakeResult;
}
