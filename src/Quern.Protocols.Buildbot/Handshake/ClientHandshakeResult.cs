namespace Quern.Protocols.Buildbot;

/// <summary>What the master's answer to the opening request comes to.</summary>
public abstract record ClientHandshakeResult
{
    private ClientHandshakeResult() { }

    public sealed record Accepted : ClientHandshakeResult;

    /// <param name="StatusCode">Of HTTP; 0 when the answer cannot be read.</param>
    /// <param name="Reason">In plain words.</param>
    public sealed record Refused(int StatusCode, string Reason) : ClientHandshakeResult;
}
