namespace Quern.Protocols.Perspective;

/// <summary>What came of a login of ours.</summary>
public abstract record LoginResult
{
    private LoginResult() { }

    /// <summary>The server's object for us. Releasing it means logging out.</summary>
    public sealed record Accepted(RemoteReference Avatar) : LoginResult;

    /// <summary>The server did not let us in.</summary>
    /// <param name="Failure">Its word; <c>twisted.cred.error.UnauthorizedLogin</c> for a wrong name or password.</param>
    public sealed record Refused(CopiedFailure Failure) : LoginResult;

    /// <summary>There was no decision.</summary>
    /// <param name="Reason">Why the connection ended, or what was wrong with the server's answer.</param>
    public sealed record Lost(string Reason) : LoginResult;
}
