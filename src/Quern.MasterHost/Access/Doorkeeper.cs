using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Estate;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Access;

/// <summary>
/// Lets accounts in. A try costs a tenth of a second of processor time, so one runs at a time and few wait; whoever keeps failing is
/// slowed down (<see cref="LoginLimits"/>), and an account that keeps being tried is locked (<see cref="LockoutRule"/>).
/// </summary>
/// <remarks>The order of checks is that of the administration protocol's login, so that every door answers alike.</remarks>
/// <param name="fits">Whether a password fits a hash: <see cref="PasswordHash.Fits"/>, but for tests that count.</param>
/// <param name="maintenance">Null: the farm never is.</param>
internal sealed partial class Doorkeeper(AccountRoom room, TokenBook tokens, TimeProvider time, Func<string, string, bool>? fits = null, Maintenance? maintenance = null) : IDisposable
{
    /// <summary>What the journal says where a name was typed that is none: it may have been a password.</summary>
    public const string NoName = "(not a name)";

    private const int MaxWaiting = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Func<string, string, bool> _fits = fits ?? PasswordHash.Fits;
    private readonly LoginLimits _limits = new(time);
    private readonly SemaphoreSlim _one = new(1);

    private int _waiting;

    /// <summary>Checks password and code; good ones give a session.</summary>
    /// <param name="newSession">Makes the session; null for that of the API and the console.</param>
    public async Task<LoginResult> LoginAsync(
        LoginAttempt attempt, CancellationToken cancellationToken, Func<StoredAccount, (string Secret, StoredToken Session)>? newSession = null)
    {
        switch (await CheckAsync(attempt, cancellationToken))
        {
            case PasswordCheck.TooMany many: return new LoginResult.TooMany(many.RetryAfter);
            case PasswordCheck.Right right: return await WithPasswordAsync(attempt, right.Account, newSession ?? tokens.NewSession, cancellationToken);
            default: return new LoginResult.Wrong();
        }
    }

    /// <summary>How long this way is closed; null while it is open.</summary>
    public TimeSpan? ClosedFor(LoginAttempt attempt) => _limits.ClosedFor(attempt.From, attempt.User);

    /// <summary>Refuses what cannot be a login, before any account is looked up. Counts against the address, and stands in the journal.</summary>
    public Task RefuseUnseenAsync(LoginAttempt attempt, string reason, CancellationToken cancellationToken)
    {
        _limits.Failed(attempt.From, NoName);
        return room.Store.RefuseSignInAsync(NoName, reason, attempt.From.ToString(), cancellationToken);
    }

    public void Dispose() => _one.Dispose();

    private async Task<LoginResult> WithPasswordAsync(
        LoginAttempt attempt, StoredAccount account, Func<StoredAccount, (string Secret, StoredToken Session)> newSession, CancellationToken cancellationToken)
    {
        if (account.ExpiresAt <= time.GetUtcNow())
        {
            await RefuseAsync(attempt, "the account has expired", cancellationToken);
            return new LoginResult.Expired();
        }
        if (maintenance is not null && !await maintenance.LetsInAsync(account, cancellationToken)) return new LoginResult.Maintenance();
        var (secret, session) = newSession(account);
        var (signIn, problem) = await WithCodeAsync(attempt, account, session, cancellationToken);
        if (problem is not null) return problem;
        switch (await room.Store.SignInAsync(signIn!, cancellationToken))
        {
            case SignInResult.CodeUsed: return await WrongCodeAsync(attempt, cancellationToken);
            case SignInResult.AccountChanged: return new LoginResult.Wrong();
        }
        _limits.Succeeded(attempt.From, attempt.User);
        return await tokens.FindAsync(secret, cancellationToken) is { } principal
            ? new LoginResult.Welcome(secret, principal, session.ExpiresAt!.Value)
            : new LoginResult.Wrong();
    }

    /// <summary>Checks a password alone: of somebody who is signed in already and wants to do what needs it again. Counts like a login.</summary>
    public async Task<PasswordCheck> CheckAsync(LoginAttempt attempt, CancellationToken cancellationToken)
    {
        if (_limits.ClosedFor(attempt.From, attempt.User) is { } closed) return new PasswordCheck.TooMany(closed);
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return new PasswordCheck.TooMany(Pause);
        }
        try
        {
            await _one.WaitAsync(cancellationToken);
            try
            {
                // Again: those who waited together are not all let through after the fifth of them has failed.
                if (_limits.ClosedFor(attempt.From, attempt.User) is { } meanwhile) return new PasswordCheck.TooMany(meanwhile);
                var account = AccountRules.KnownName(attempt.User) is null ? await room.Store.FindAccountAsync(attempt.User, cancellationToken) : null;
                // One hash in every case: the time taken does not tell who exists.
                string stored = account is { PasswordHash.Length: > 0 } ? account.PasswordHash : PasswordHash.Nobodys;
                bool right = await Task.Run(() => _fits(attempt.Password, stored), cancellationToken);
                string? problem = account is null ? "no such user" : !right ? "wrong password" : account.Disabled ? "the account is disabled"
                    : account.LockedUntil > time.GetUtcNow() ? "the account is locked" : null;
                if (problem is null) return new PasswordCheck.Right(account!);
                await RefuseAsync(attempt, problem, cancellationToken);
                return new PasswordCheck.Wrong();
            }
            finally
            {
                _one.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Looks at the code, where the account has codes. What is to be made true, or why it cannot be.</summary>
    private async Task<(SignIn? SignIn, LoginResult? Problem)> WithCodeAsync(
        LoginAttempt attempt, StoredAccount account, StoredToken session, CancellationToken cancellationToken)
    {
        long? step = null;
        string? recovery = null;
        if (account.TotpEnabled)
        {
            if (attempt is { Code: "", RecoveryCode: "" }) return (null, new LoginResult.CodeNeeded());
            if (attempt.RecoveryCode.Length > 0) recovery = AccountStore.HashOfCode(attempt.RecoveryCode);
            else step = await room.TotpStepAsync(account, attempt.Code);
            if (recovery is null ? step is null : !account.RecoveryCodes.Contains(recovery)) return (null, await WrongCodeAsync(attempt, cancellationToken));
        }
        return (new SignIn(account, session, attempt.From.ToString())
        {
            TotpStep = step,
            RecoveryCode = recovery,
            NewPasswordHash = PasswordHash.IsOfToday(account.PasswordHash) ? null : await Task.Run(() => PasswordHash.Of(attempt.Password), cancellationToken),
        }, null);
    }

    private async Task<LoginResult> WrongCodeAsync(LoginAttempt attempt, CancellationToken cancellationToken)
    {
        await RefuseAsync(attempt, "wrong or used code", cancellationToken);
        return new LoginResult.WrongCode();
    }

    private async Task RefuseAsync(LoginAttempt attempt, string reason, CancellationToken cancellationToken)
    {
        _limits.Failed(attempt.From, attempt.User);
        string name = AccountRules.KnownName(attempt.User) is null ? attempt.User : NoName;
        await room.Store.RefuseSignInAsync(name, reason, attempt.From.ToString(), cancellationToken);
    }
}
