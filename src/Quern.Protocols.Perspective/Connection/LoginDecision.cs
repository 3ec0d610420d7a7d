namespace Quern.Protocols.Perspective;

/// <summary>What a server makes of a login.</summary>
public abstract record LoginDecision
{
    private LoginDecision() { }

    /// <summary>The peer is in and gets the object that serves it.</summary>
    public sealed record Accepted(ILocalObject Avatar) : LoginDecision;

    /// <summary>The peer is not let in. Its mind is released; the connection stays open, for the peer closes it.</summary>
    public sealed record Refused(CopiedFailure Failure) : LoginDecision;
}
