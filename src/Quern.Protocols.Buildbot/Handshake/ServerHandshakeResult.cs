namespace Quern.Protocols.Buildbot;

/// <summary>What a worker's opening request comes to.</summary>
public abstract record ServerHandshakeResult
{
    private ServerHandshakeResult() { }

    /// <summary>A proper request. Whether name and password are right is for the caller to find out.</summary>
    /// <param name="Response">The bytes to send when they are; otherwise <see cref="ServerHandshake.Unauthorized"/>.</param>
    /// <param name="User">The worker's name, as it says.</param>
    /// <param name="Password">In clear.</param>
    public sealed record Accept(ReadOnlyMemory<byte> Response, string User, string Password) : ServerHandshakeResult
    {
        /// <summary>Without the password: results end up in logs.</summary>
        public override string ToString() => $"Accept {{ User = {User} }}";
    }

    /// <summary>
    /// A proper request without a login. Where revision v1 is spoken the login comes as the first message; elsewhere the answer is
    /// <see cref="ServerHandshake.Unauthorized"/>.
    /// </summary>
    /// <param name="Response">The bytes to send where v1 is spoken.</param>
    public sealed record WithoutLogin(ReadOnlyMemory<byte> Response) : ServerHandshakeResult;

    /// <param name="Response">The bytes to send before closing.</param>
    /// <param name="Reason">For the log, in plain words.</param>
    public sealed record Reject(ReadOnlyMemory<byte> Response, string Reason) : ServerHandshakeResult;
}
