using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

/// <content>People: their accounts, and what happens to them when somebody signs in or may not.</content>
public sealed partial class FarmStore
{
    private const string AccountSelect = """
        SELECT id, name, email, phone, password_hash, security_stamp, disabled, expires_at, must_change_password, totp_secret, totp_enabled,
            recovery_codes, created_at, revision, failures, failures_since, locked_until, totp_last_step, last_sign_in_at
        FROM accounts
        """;

    /// <summary>Stores a new account with its roles.</summary>
    /// <returns><see cref="AccountChange.Saved"/>, <see cref="AccountChange.NameTaken"/> or <see cref="AccountChange.Unknown"/> for a role.</returns>
    public Task<AccountChange> CreateAccountAsync(StoredAccount account, Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(async w =>
        {
            if (await MissingRoleAsync(w, account.Roles, RoleScope.Farm) is { } missing) return new AccountChange.Unknown(missing);
            await w.Sql.ExecuteAsync("""
                INSERT INTO accounts (id, name, email, phone, password_hash, security_stamp, disabled, expires_at, must_change_password, totp_secret,
                    totp_enabled, recovery_codes, created_at, revision)
                VALUES (@id, @name, @email, @phone, @password_hash, @security_stamp, @disabled, @expires_at, @must_change, @totp_secret,
                    @totp_enabled, @recovery_codes, @time, 1)
                """, [.. AccountValues(account), ("time", w.Time)]);
            await SaveRolesAsync(w, account);
            w.Emit(EventKinds.AccountSaved, account.Name, actor.Name, AccountFacts.Changed(null, account, 0, actor));
            return new AccountChange.Saved(1);
        }, cancellationToken);

    /// <summary>
    /// Changes an account that is at the revision it was read at, and its roles. A new password, a lost role and disabling end its sessions
    /// and tokens. What sign-ins change (<see cref="StoredAccount.Failures"/> and what follows it) stays as it is stored.
    /// </summary>
    /// <param name="keepToken">The id of the one token that goes on: that of who changes the own account; null for none.</param>
    public Task<AccountChange> UpdateAccountAsync(StoredAccount account, Actor actor, string? keepToken, CancellationToken cancellationToken) =>
        ChangeAsync(async w =>
        {
            await LockSuperusersAsync(w);
            if (await ReadAccountAsync(w.Sql, "id", account.Id, _dialect.ForUpdate) is not { } before) return new AccountChange.NotFound();
            if (before.Revision != account.Revision) return new AccountChange.Outdated(before.Revision);
            if (await MissingRoleAsync(w, account.Roles, RoleScope.Farm) is { } missing) return new AccountChange.Unknown(missing);
            if (Carries(before) && !Carries(account) && await OtherSuperusersAsync(w, account.Id) == 0) return new AccountChange.LastSuperuser();

            await w.Sql.ExecuteAsync("""
                UPDATE accounts SET name = @name, email = @email, phone = @phone, password_hash = @password_hash, security_stamp = @security_stamp,
                    disabled = @disabled, expires_at = @expires_at, must_change_password = @must_change, totp_secret = @totp_secret,
                    totp_enabled = @totp_enabled, recovery_codes = @recovery_codes, revision = revision + 1
                WHERE id = @id
                """, AccountValues(account));
            await SaveRolesAsync(w, account);
            bool weaker = account.PasswordHash != before.PasswordHash || (account.Disabled && !before.Disabled) || before.Roles.Except(account.Roles).Any();
            int ended = weaker ? await EndTokensAsync(w, account.Id, keepToken) : 0;
            w.Emit(EventKinds.AccountSaved, account.Name, actor.Name, AccountFacts.Changed(before, account, ended, actor));
            return new AccountChange.Saved(account.Revision + 1, ended);
        }, cancellationToken);

    /// <summary>Removes an account with its memberships, sessions and tokens; what it did stays in the journal.</summary>
    /// <param name="transferTo">The name of the account that becomes owner of its groups; null when it should own none.</param>
    public Task<AccountChange> RemoveAccountAsync(string id, string? transferTo, Actor actor, CancellationToken cancellationToken) =>
        RemoveAccountAsync(id, 0, transferTo, actor, cancellationToken);

    /// <summary>The same for an account that is at the revision it was read at.</summary>
    /// <param name="revision">0: whatever it is.</param>
    public Task<AccountChange> RemoveAccountAsync(string id, long revision, string? transferTo, Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(async w =>
        {
            await LockSuperusersAsync(w);
            if (await ReadAccountAsync(w.Sql, "id", id, _dialect.ForUpdate) is not { } account) return new AccountChange.NotFound();
            if (revision != 0 && account.Revision != revision) return new AccountChange.Outdated(account.Revision);
            if (Carries(account) && await OtherSuperusersAsync(w, id) == 0) return new AccountChange.LastSuperuser();
            if (await HandOverAsync(w, account, transferTo, actor) is { } refusal) return refusal;

            int ended = await EndTokensAsync(w, id, keep: null);
            await w.Sql.ExecuteAsync("DELETE FROM memberships WHERE account = @id", ("id", id));
            await w.Sql.ExecuteAsync("DELETE FROM account_roles WHERE account = @id", ("id", id));
            await w.Sql.ExecuteAsync("DELETE FROM accounts WHERE id = @id", ("id", id));
            w.Emit(EventKinds.AccountRemoved, account.Name, actor.Name, AccountFacts.Changed(account, null, ended, actor));
            return new AccountChange.Removed(ended);
        }, cancellationToken);

    /// <summary>The account of this name; null when there is none.</summary>
    public Task<StoredAccount?> FindAccountAsync(string name, CancellationToken cancellationToken) =>
        ReadAsync(session => ReadAccountAsync(session, "name", name), cancellationToken);

    /// <summary>The account with this id; null when there is none.</summary>
    public Task<StoredAccount?> FindAccountByIdAsync(string id, CancellationToken cancellationToken) =>
        ReadAsync(session => ReadAccountAsync(session, "id", id), cancellationToken);

    /// <summary>Accounts by name.</summary>
    /// <param name="after">The name that the page before ended with; empty for the first.</param>
    /// <param name="limit">1 to 1,000.</param>
    public Task<ImmutableArray<StoredAccount>> ListAccountsAsync(string after, int limit, CancellationToken cancellationToken) =>
        ListAccountsAsync("", after, limit, cancellationToken);

    /// <summary>Accounts by name.</summary>
    /// <param name="prefix">What names begin with, in ASCII, as all names are; empty for all.</param>
    public Task<ImmutableArray<StoredAccount>> ListAccountsAsync(string prefix, string after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        return ReadAsync(async session =>
        {
            var rows = await ListAsync(session, AccountOf, AccountSelect + " WHERE name > @after AND name >= @prefix AND name < @end ORDER BY name LIMIT @limit",
                ("after", after), ("prefix", prefix), ("end", prefix + "\u007f"), ("limit", (long)limit));
            var full = ImmutableArray.CreateBuilder<StoredAccount>(rows.Length);
            foreach (var row in rows) full.Add(row with { Roles = await RolesOfAsync(session, row.Id) });
            return full.ToImmutable();
        }, cancellationToken);
    }

    /// <summary>Whether there is any account yet.</summary>
    public Task<bool> HasAccountsAsync(CancellationToken cancellationToken) =>
        ReadAsync(async session => await session.ScalarAsync<long>("SELECT COUNT(*) FROM accounts") > 0, cancellationToken);

    private static async Task<StoredAccount?> ReadAccountAsync(Session session, string column, string value, string forUpdate = "")
    {
        StoredAccount account;
        await using (var reader = await session.QueryAsync($"{AccountSelect} WHERE {column} = @value{forUpdate}", ("value", value)))
        {
            if (!await reader.ReadAsync()) return null;
            account = AccountOf(reader);
        }
        return account with { Roles = await RolesOfAsync(session, account.Id) };
    }

    private static Task<ImmutableArray<string>> RolesOfAsync(Session session, string account) =>
        ListAsync(session, r => r.GetString(0), "SELECT role FROM account_roles WHERE account = @account ORDER BY role", ("account", account));

    /// <summary>What an account may do now: over the farm, and within groups by their names.</summary>
    public Task<(ImmutableArray<string> Farm, ImmutableArray<(string Group, string Right)> Groups)> RightsOfAsync(string account, CancellationToken cancellationToken) =>
        ReadAsync(session => RightsOfAsync(session, account), cancellationToken);

    private static async Task<(ImmutableArray<string> Farm, ImmutableArray<(string Group, string Right)> Groups)> RightsOfAsync(Session session, string account)
    {
        var rights = await ListAsync(session, r => StorageJson.Read<ImmutableArray<string>>(r.GetString(0)),
            "SELECT r.rights FROM account_roles a JOIN roles r ON r.name = a.role WHERE a.account = @account", ("account", account));
        var within = await ListAsync(session, r => (Group: r.GetString(0), Rights: StorageJson.Read<ImmutableArray<string>>(r.GetString(1))), """
            SELECT t.name, r.rights FROM memberships m JOIN teams t ON t.id = m.team JOIN roles r ON r.name = m.role
            WHERE m.account = @account ORDER BY t.name_key
            """, ("account", account));
        return ([.. rights.SelectMany(r => r).Distinct()], [.. within.SelectMany(g => g.Rights.Select(r => (g.Group, r)))]);
    }

    private static async Task SaveRolesAsync(WriteSession w, StoredAccount account)
    {
        await w.Sql.ExecuteAsync("DELETE FROM account_roles WHERE account = @account", ("account", account.Id));
        foreach (string role in account.Roles.Distinct())
            await w.Sql.ExecuteAsync("INSERT INTO account_roles (account, role) VALUES (@account, @role)", ("account", account.Id), ("role", role));
    }

    /// <summary>Whether the farm can rely on this superuser: it signs in today and will do so next year.</summary>
    private static bool Carries(StoredAccount account) => account is { IsSuperuser: true, Disabled: false, ExpiresAt: null };

    // A statement of its own before any that counts: what it waits for is then seen by those that follow.
    private Task<string?> LockSuperusersAsync(WriteSession w) =>
        w.Sql.ScalarAsync<string>("SELECT name FROM roles WHERE name = @name" + _dialect.ForUpdate, ("name", StoredRole.Superuser));

    private static Task<long> OtherSuperusersAsync(WriteSession w, string id) => w.Sql.ScalarAsync<long>("""
        SELECT COUNT(*) FROM account_roles r JOIN accounts a ON a.id = r.account
        WHERE r.role = @role AND a.disabled = 0 AND a.expires_at IS NULL AND a.id <> @id
        """, ("role", StoredRole.Superuser), ("id", id));

    /// <summary>Runs a change; one that lost a name to another process at that very moment is answered as if it had come later.</summary>
    private async Task<AccountChange> ChangeAsync(Func<WriteSession, ValueTask<AccountChange>> body, CancellationToken cancellationToken)
    {
        try
        {
            return await WriteAsync(body, cancellationToken);
        }
        catch (DbException e) when (_dialect.IsDuplicate(e))
        {
            return new AccountChange.NameTaken();
        }
    }

    private static (string, object?)[] AccountValues(StoredAccount a) =>
    [
        ("id", a.Id), ("name", a.Name), ("email", a.Email), ("phone", a.Phone), ("password_hash", a.PasswordHash), ("security_stamp", a.SecurityStamp),
        ("disabled", a.Disabled ? 1L : 0L), ("expires_at", UnixMicroseconds.From(a.ExpiresAt)), ("must_change", a.MustChangePassword ? 1L : 0L),
        ("totp_secret", a.TotpSecret), ("totp_enabled", a.TotpEnabled ? 1L : 0L), ("recovery_codes", StorageJson.Write(a.RecoveryCodes)),
    ];

    private static StoredAccount AccountOf(DbDataReader r) => new()
    {
        Id = r.GetString(0),
        Name = r.GetString(1),
        Email = r.GetString(2),
        Phone = r.GetString(3),
        PasswordHash = r.GetString(4),
        SecurityStamp = r.GetString(5),
        Disabled = r.GetInt64(6) != 0,
        ExpiresAt = TimeOrNull(r, 7),
        MustChangePassword = r.GetInt64(8) != 0,
        TotpSecret = r.GetString(9),
        TotpEnabled = r.GetInt64(10) != 0,
        RecoveryCodes = StorageJson.Read<ImmutableArray<string>>(r.GetString(11)),
        CreatedAt = UnixMicroseconds.ToTime(r.GetInt64(12)),
        Revision = r.GetInt64(13),
        Failures = (int)r.GetInt64(14),
        FailuresSince = TimeOrNull(r, 15),
        LockedUntil = TimeOrNull(r, 16),
        TotpLastStep = r.GetInt64(17),
        LastSignInAt = TimeOrNull(r, 18),
    };

    private static DateTimeOffset? TimeOrNull(DbDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : UnixMicroseconds.ToTime(reader.GetInt64(column));
}
