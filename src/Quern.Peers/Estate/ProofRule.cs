using Quern.Model;

namespace Quern.Peers.Estate;

/// <summary>
/// How long a proof counts that whoever holds a session is its account: password, and one-time code where there are any, at sign-in or
/// given again since. Only sessions are asked: a token that was made for a program has nobody behind it who could answer, a key of the
/// data folder's owner has no account, a worker and an agent have no rights over the estate.
/// </summary>
/// <param name="lasts">Zero: nobody is ever asked.</param>
public sealed class ProofRule(TimeSpan lasts, TimeProvider time)
{
    /// <summary>What somebody is told who must prove it again, in the journal too.</summary>
    public const string Code = "step_up_required";

    /// <summary>Whether this one must prove it again before something grave.</summary>
    public bool Asks(Principal who) => lasts > TimeSpan.Zero && who.Kind == TokenKind.Session && !(time.GetUtcNow() - who.ProvedAt < lasts);

    /// <summary>Until when a proof counts; null for as long as the session lasts.</summary>
    public DateTimeOffset? Until(DateTimeOffset provedAt) => lasts > TimeSpan.Zero ? provedAt + lasts : null;
}
