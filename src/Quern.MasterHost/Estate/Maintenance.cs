using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Estate;

/// <summary>Whether the farm is in maintenance, and who may sign in all the same. One for all doors.</summary>
internal sealed class Maintenance(FarmStore store)
{
    private volatile bool _on;

    public bool IsOn
    {
        get => _on;
        set => _on = value;
    }

    /// <summary>Whether an account may sign in now.</summary>
    public async Task<bool> LetsInAsync(StoredAccount account, CancellationToken cancellationToken) => !_on || await MayAlwaysAsync(account, cancellationToken);

    /// <summary>Whether whoever holds a token may come in with it now.</summary>
    public bool LetsIn(Principal who) => !_on || Gives(who.Rights) && Gives(who.Limit);

    public async Task<bool> MayAlwaysAsync(StoredAccount account, CancellationToken cancellationToken) =>
        (await store.ListRolesAsync(cancellationToken)).Any(r => r.Scope == RoleScope.Farm && account.Roles.Contains(r.Name) && Gives(r.Rights));

    // Not Principal.May: whoever must change a password first may still do so.
    private static bool Gives(IEnumerable<string> words) => words.Any(word => RightWords.Gives(word, Right.ServerMaintenance, group: null));
}
