using System.Collections.Immutable;
using System.Net;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Estate;

/// <summary>Lets people in over the administration protocol: the same <see cref="Doorkeeper"/> and the same sessions as over HTTP.</summary>
internal sealed class LoginDesk(Doorkeeper door, TokenBook tokens, OwnAccount own, Maintenance maintenance, FarmStore store, TimeProvider time) : ILoginDesk
{
    public async Task<LoginOutcome> LoginAsync(LoginRequest request, CancellationToken cancellationToken)
    {
        var attempt = new LoginAttempt(request.User, request.Password, request.From, request.Code, request.RecoveryCode);
        if (door.ClosedFor(attempt) is { } closed) return new LoginOutcome.TooMany(closed);
        if (request.ApiToken.Length > 0) return await ByTokenAsync(request, attempt, cancellationToken);
        if (AccountRules.KnownName(request.User) is not null)
        {
            await door.RefuseUnseenAsync(attempt, "what was typed for a name cannot be one", cancellationToken);
            return new LoginOutcome.InvalidName();
        }
        if (AccountRules.IsImpossiblePassword(request.Password))
        {
            await door.RefuseUnseenAsync(attempt, "what was typed for a password cannot be one", cancellationToken);
            return new LoginOutcome.InvalidPassword();
        }
        StoredToken? made = null;
        var result = await door.LoginAsync(attempt, cancellationToken, account =>
        {
            var (secret, session) = tokens.NewSession(account, request.From, request.Product);
            if (request.Lifetime > TimeSpan.Zero && time.GetUtcNow() + request.Lifetime is var end && end < session.ExpiresAt) session = session with { ExpiresAt = end };
            return (secret, made = session);
        });
        return result is LoginResult.Welcome welcome ? WelcomeOf(welcome.Token, welcome.Principal, made!) : RefusalOf(result);
    }

    public async Task<LoginOutcome> ProveAsync(Caller who, string token, LoginRequest request, CancellationToken cancellationToken)
    {
        var attempt = new LoginAttempt(who.Principal.Name["user:".Length..], request.Password, request.From, request.Code, request.RecoveryCode);
        if (door.ClosedFor(attempt) is { } closed) return new LoginOutcome.TooMany(closed);
        if (AccountRules.IsImpossiblePassword(request.Password))
        {
            await door.RefuseUnseenAsync(attempt, "what was typed for a password cannot be one", cancellationToken);
            return new LoginOutcome.InvalidPassword();
        }
        var result = await door.ProveAsync(who.Principal, attempt, who.Door, cancellationToken);
        if (result is not LoginResult.Proved) return RefusalOf(result);
        return await tokens.PeekAsync(token, cancellationToken) is var (session, principal) ? WelcomeOf(token, principal, session) : new LoginOutcome.Wrong();
    }

    private static LoginOutcome RefusalOf(LoginResult result) => result switch
    {
        LoginResult.TooMany many => new LoginOutcome.TooMany(many.RetryAfter),
        LoginResult.Expired => new LoginOutcome.Expired(),
        LoginResult.Maintenance => new LoginOutcome.Maintenance(),
        LoginResult.CodeNeeded => new LoginOutcome.CodeNeeded(),
        LoginResult.WrongCode => new LoginOutcome.WrongCode(),
        _ => new LoginOutcome.Wrong(),
    };

    public async Task<LoginOutcome.Welcome?> ResumeAsync(string token, IPAddress from, CancellationToken cancellationToken)
    {
        // Keys of Branch's HTTP API are sessions too, in a form that nobody can send here.
        if (token.Any(char.IsControl) || await tokens.FindAsync(token, cancellationToken) is not { Kind: TokenKind.Session } principal || !maintenance.LetsIn(principal)) return null;
        return await tokens.PeekAsync(token, cancellationToken) is { Token: var session } ? WelcomeOf(token, principal, session) : null;
    }

    public Task<Principal?> FindAsync(string token, IPAddress from, CancellationToken cancellationToken) => tokens.FindAsync(token, from, cancellationToken);

    public async Task<Principal?> PeekAsync(string token, CancellationToken cancellationToken) => (await tokens.PeekAsync(token, cancellationToken))?.Principal;

    public async Task<LoginOutcome.Welcome?> RenewAsync(string token, CancellationToken cancellationToken) =>
        await tokens.FindAsync(token, cancellationToken) is { } principal && await tokens.RenewAsync(token, cancellationToken) is { } session
            ? WelcomeOf(token, principal, session)
            : null;

    public async Task LogoutAsync(string token, bool everywhere, CancellationToken cancellationToken)
    {
        // Whoever came with a token made for a program takes it along again.
        if (await tokens.FindAsync(token, cancellationToken) is not { Kind: TokenKind.Session } who) return;
        if (everywhere)
        {
            foreach (var session in (await store.ListTokensAsync(who.Account, cancellationToken)).Where(t => t.Kind == TokenKind.Session))
                await store.RevokeTokenAsync(session.Id, who.Actor, cancellationToken);
            tokens.Forget();
        }
        else
        {
            await tokens.RevokeAsync(token, who.Actor, cancellationToken);
        }
    }

    public async Task<TotpOffer> BeginTotpAsync(Caller who, string password, CancellationToken cancellationToken)
    {
        if (who.Principal.Kind != TokenKind.Session) return new TotpOffer(EstateAnswer.Denied("This is for somebody who signed in."));
        switch (await own.BeginTotpAsync(who.Principal, password, who.From, cancellationToken))
        {
            case OwnChange.Done done:
                string secret = done.Secrets[0], uri = Totp.UriOf(who.Principal.Name["user:".Length..], secret);
                return new TotpOffer(EstateAnswer.Done(), uri, secret, QrCode.Png(uri));
            case OwnChange.Refused refused: return new TotpOffer(new EstateAnswer(EstateCode.InvalidState, string.Join(' ', refused.Errors.Select(e => e.Description))));
            case OwnChange.TooMany: return new TotpOffer(EstateAnswer.Denied("Too many tries; wait a quarter of an hour."));
            default: return new TotpOffer(new EstateAnswer(EstateCode.InvalidPassword, "The password is wrong.", "password"));
        }
    }

    public async Task<ImmutableArray<string>?> ConfirmTotpAsync(Caller who, string code, CancellationToken cancellationToken) =>
        who.Principal.Kind == TokenKind.Session && await own.ConfirmTotpAsync(who.Principal, code, who.From, cancellationToken) is OwnChange.Done done ? done.Secrets : null;

    private async Task<LoginOutcome> ByTokenAsync(LoginRequest request, LoginAttempt attempt, CancellationToken cancellationToken)
    {
        if (await tokens.FindAsync(request.ApiToken, request.From, cancellationToken) is not { Kind: TokenKind.Api or TokenKind.Farm } principal ||
            await tokens.PeekAsync(request.ApiToken, cancellationToken) is not { Token: var token })
        {
            await door.RefuseUnseenAsync(attempt, "no such API token", cancellationToken);
            return new LoginOutcome.Wrong();
        }
        return maintenance.LetsIn(principal) ? WelcomeOf(request.ApiToken, principal, token) : new LoginOutcome.Maintenance();
    }

    private static LoginOutcome.Welcome WelcomeOf(string secret, Principal principal, StoredToken token)
    {
        var last = token.ExpiresAt ?? DateTimeOffset.MaxValue;
        return new(secret, principal, token.IdleUntil < last ? token.IdleUntil.Value : last, last);
    }
}
