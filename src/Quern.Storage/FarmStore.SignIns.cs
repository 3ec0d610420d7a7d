using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <content>What sign-ins change in an account: one transaction each, beside the account's revision.</content>
public sealed partial class FarmStore
{
    /// <summary>
    /// Makes a sign-in true, or not: uses up its code, forgets earlier failures, stores the new session. Two with the same code at once
    /// give one session.
    /// </summary>
    public Task<SignInResult> SignInAsync(SignIn signIn, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            var (result, codesLeft) = await UseCredentialsAsync(w, signIn);
            if (result != SignInResult.SignedIn) return result;
            await w.Sql.ExecuteAsync("UPDATE accounts SET last_sign_in_at = @time WHERE id = @id", ("id", signIn.Account.Id), ("time", w.Time));
            await InsertTokenAsync(w, signIn.Session);
            w.Emit(EventKinds.AccountSignedIn, signIn.Account.Name, signIn.Session.Principal, EventData.Of(
                ("address", signIn.Address), ("product", signIn.Session.Product), ("token", signIn.Session.Id), ("recovery_codes_left", codesLeft)));
            return SignInResult.SignedIn;
        }, cancellationToken);

    /// <summary>
    /// Keeps that whoever holds a session proved again that it is them, as of now. Uses up the code like a sign-in; the session must be the
    /// account's and still be there, else <see cref="SignInResult.AccountChanged"/>.
    /// </summary>
    /// <param name="door">The way in, for the journal.</param>
    public Task<SignInResult> ProveAsync(SignIn proof, string door, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            // Before anything is used up: a session that has ended proves nothing.
            if (await ReadTokenAsync(w.Sql, "id", proof.Session.Id) is not { } session || session.IsOver(w.Now) || session.Account != proof.Account.Id)
                return SignInResult.AccountChanged;
            var (result, codesLeft) = await UseCredentialsAsync(w, proof);
            if (result != SignInResult.SignedIn) return result;
            if (await w.Sql.ExecuteAsync("UPDATE tokens SET proved_at = @time WHERE id = @id", ("id", session.Id), ("time", w.Time)) == 0) return SignInResult.AccountChanged;
            w.Emit(EventKinds.AccountProved, proof.Account.Name, session.Principal, EventData.Of(
                ("address", proof.Address), ("door", door), ("token", session.Id), ("recovery_codes_left", codesLeft)));
            return SignInResult.SignedIn;
        }, cancellationToken);

    /// <summary>
    /// Takes credentials that were found right, if the account is still as it was then: forgets earlier failures, uses up the code. How many
    /// recovery codes are left, where one was used.
    /// </summary>
    private async Task<(SignInResult Result, int? CodesLeft)> UseCredentialsAsync(WriteSession w, SignIn signIn)
    {
        var known = signIn.Account;
        if (await ReadAccountAsync(w.Sql, "id", known.Id, _dialect.ForUpdate) is not { } account ||
            account.SecurityStamp != known.SecurityStamp || account.PasswordHash != known.PasswordHash ||
            account.Disabled || account.ExpiresAt <= w.Now || account.LockedUntil > w.Now) return (SignInResult.AccountChanged, null);
        if (signIn.TotpStep <= account.TotpLastStep) return (SignInResult.CodeUsed, null);
        if (signIn.RecoveryCode is { } used && !account.RecoveryCodes.Contains(used)) return (SignInResult.CodeUsed, null);

        ImmutableArray<string> codes = signIn.RecoveryCode is null ? account.RecoveryCodes : account.RecoveryCodes.Remove(signIn.RecoveryCode);
        await w.Sql.ExecuteAsync("""
            UPDATE accounts SET failures = 0, failures_since = NULL, locked_until = NULL, totp_last_step = @step, recovery_codes = @codes,
                password_hash = @hash, revision = revision + @credentials
            WHERE id = @id
            """,
            // Whoever read the account before must not put back a code that is used up, or the old hash.
            ("credentials", signIn.RecoveryCode is null && signIn.NewPasswordHash is null ? 0L : 1L), ("id", account.Id),
            ("step", signIn.TotpStep ?? account.TotpLastStep), ("codes", StorageJson.Write(codes)), ("hash", signIn.NewPasswordHash ?? account.PasswordHash));
        return (SignInResult.SignedIn, signIn.RecoveryCode is null ? null : codes.Length);
    }

    /// <summary>Uses up a one-time code outside a sign-in, such as the first one of a new secret. False when it, or a later one, was used.</summary>
    public Task<bool> UseTotpStepAsync(string id, long step, CancellationToken cancellationToken) =>
        WriteAsync(async w => await w.Sql.ExecuteAsync(
            "UPDATE accounts SET totp_last_step = @step WHERE id = @id AND totp_last_step < @step", ("id", id), ("step", step)) > 0, cancellationToken);

    /// <summary>Counts a refused sign-in; enough of them lock the account (<see cref="LockoutRule"/>).</summary>
    /// <param name="name">As typed, when it has the form of a name; need not exist.</param>
    /// <returns>The account as it is now; null when there is none of that name.</returns>
    public Task<StoredAccount?> RefuseSignInAsync(string name, string reason, string address, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            var found = await ReadAccountAsync(w.Sql, "name", name, _dialect.ForUpdate);
            bool locks = false;
            if (found is not null)
            {
                var after = LockoutRule.AfterFailure(found, w.Now);
                locks = after.LockedUntil is not null && found.LockedUntil is null;
                await w.Sql.ExecuteAsync(
                    "UPDATE accounts SET failures = @failures, failures_since = @since, locked_until = @until WHERE id = @id",
                    ("id", after.Id), ("failures", (long)after.Failures), ("since", UnixMicroseconds.From(after.FailuresSince)),
                    ("until", UnixMicroseconds.From(after.LockedUntil)));
                found = after;
            }
            w.Emit(EventKinds.AccountRefused, name, "stranger", EventData.Of(("reason", reason), ("address", address), ("locked", locks ? true : null)));
            return found;
        }, cancellationToken);

    /// <summary>Lets an account in again that was locked, and forgets its failures. False when there is none with this id.</summary>
    public Task<bool> UnlockAccountAsync(string id, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            if (await ReadAccountAsync(w.Sql, "id", id, _dialect.ForUpdate) is not { } account) return false;
            await w.Sql.ExecuteAsync("UPDATE accounts SET failures = 0, failures_since = NULL, locked_until = NULL WHERE id = @id", ("id", id));
            w.Emit(EventKinds.AccountUnlocked, account.Name, actor.Name, EventData.By(actor, ("failures", account.Failures)));
            return true;
        }, cancellationToken);
}
