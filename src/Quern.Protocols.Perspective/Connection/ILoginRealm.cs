namespace Quern.Protocols.Perspective;

/// <summary>The application behind a server's login.</summary>
public interface ILoginRealm
{
    /// <summary>
    /// Decides about a login; may call the peer's mind before it does. The reader goes on meanwhile. An exception refuses the
    /// login; see <see cref="PerspectiveOptions.RevealFaults"/>.
    /// </summary>
    Task<LoginDecision> LoginAsync(LoginAttempt attempt);

    /// <summary>A login without a name; most servers have none and answer with an <c>UnhandledCredentials</c> failure.</summary>
    Task<LoginDecision> LoginAnonymouslyAsync(PerspectiveConnection connection, RemoteReference? mind) =>
        Task.FromResult<LoginDecision>(new LoginDecision.Refused(CopiedFailure.UnhandledCredentials("anonymous login is not offered here")));
}
