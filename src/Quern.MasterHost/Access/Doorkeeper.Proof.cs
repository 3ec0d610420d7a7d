using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Access;

/// <content>Proving again, in a session that goes on: the same checks, limits and locks as at sign-in.</content>
internal sealed partial class Doorkeeper
{
    /// <summary>Checks password and code of whoever holds a session; good ones count from now on.</summary>
    /// <param name="attempt">Its user is the account behind the session, whatever it says.</param>
    /// <param name="way">The way in, for the journal.</param>
    /// <returns><see cref="LoginResult.Proved"/>, or what a login would answer.</returns>
    public async Task<LoginResult> ProveAsync(Principal who, LoginAttempt attempt, string way, CancellationToken cancellationToken)
    {
        if (who.Kind != TokenKind.Session || await room.Store.FindAccountByIdAsync(who.Account, cancellationToken) is not { } named) return new LoginResult.Wrong();
        attempt = attempt with { User = named.Name };
        switch (await CheckAsync(attempt, cancellationToken))
        {
            case PasswordCheck.TooMany many: return new LoginResult.TooMany(many.RetryAfter);
            case PasswordCheck.Right right when await room.Store.FindTokenAsync(who.TokenId, cancellationToken) is { } session:
                var (proof, problem) = await WithCodeAsync(attempt, right.Account, session, cancellationToken);
                return problem ?? await KeepAsync(proof!, attempt, way, cancellationToken);
            default: return new LoginResult.Wrong();
        }
    }

    private async Task<LoginResult> KeepAsync(SignIn proof, LoginAttempt attempt, string way, CancellationToken cancellationToken)
    {
        switch (await room.Store.ProveAsync(proof, way, cancellationToken))
        {
            case SignInResult.CodeUsed: return await WrongCodeAsync(attempt, cancellationToken);
            case SignInResult.AccountChanged: return new LoginResult.Wrong();
        }
        _limits.Succeeded(attempt.From, attempt.User);
        tokens.Forget();
        // Of the store's clock, which wrote it; gone only if the session ended in this moment.
        return await room.Store.FindTokenAsync(proof.Session.Id, cancellationToken) is { ProvedAt: { } at } ? new LoginResult.Proved(at) : new LoginResult.Wrong();
    }
}
