using System.Collections.Immutable;
using System.Net;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Branch;
using Quern.Protocols.Branch;

namespace Quern.MasterHost.Access;

/// <summary>Lets people in over Branch's HTTP API, with the farm's own accounts and its own limit of attempts.</summary>
internal sealed class BranchWebDoor(Doorkeeper door, LeafKeys keys, AccountRoom accounts, LeafSettings settings, TimeProvider time) : IBranchWebGate
{
    /// <summary>What the first account of a Branch farm is called; its programs and people log in with it.</summary>
    private const string Root = "root";

    /// <summary>What users of a Branch farm may do, all of them but root alike.</summary>
    private const string Role = "operator";

    public BranchClient Stranger { get; } = ClientOf(
        new BranchPerson(new Actor("web:anonymous"), RightsOfStrangers(settings)), time.GetUtcNow());

    public async Task<BranchWebLogin> LogInAsync(string user, string password, IPAddress from, CancellationToken cancellationToken)
    {
        string name = AccountOf(user);
        switch (await door.LoginAsync(new LoginAttempt(name, password, from), cancellationToken, keys.NewSession))
        {
            case LoginResult.Welcome { Principal.Duty: SignInDuty.None } welcome:
                return new BranchWebLogin.Welcome(LeafKeys.KeyOf(welcome.Token));
            // There is no word here for what has to be done first.
            case LoginResult.Welcome welcome:
                await keys.RevokeAsync(LeafKeys.KeyOf(welcome.Token), welcome.Principal.Actor, cancellationToken);
                return new BranchWebLogin.Wrong();
            case LoginResult.TooMany:
                return new BranchWebLogin.TooMany();
            default:
                return await IsUserAsync(user, cancellationToken) ? new BranchWebLogin.Wrong() : new BranchWebLogin.UnknownUser();
        }
    }

    public async Task<BranchClient?> FindAsync(string key, CancellationToken cancellationToken) =>
        await keys.FindAsync(key, cancellationToken) is { } principal
            ? ClientOf(new BranchPerson(principal.Actor, principal.May(Right.All) ? [Right.All] : [.. Right.Known.Where(right => principal.May(right))]), time.GetUtcNow())
            : null;

    public async Task LogOffAsync(string key, CancellationToken cancellationToken)
    {
        if (await keys.FindAsync(key, cancellationToken) is { } principal) await keys.RevokeAsync(key, principal.Actor, cancellationToken);
    }

    public async ValueTask<bool> IsUserAsync(string user, CancellationToken cancellationToken) =>
        AccountRules.KnownName(AccountOf(user)) is null && await accounts.Store.FindAccountAsync(AccountOf(user), cancellationToken) is not null;

    public async Task<string?> CreateUserAsync(BranchClient client, string user, string password)
    {
        using var manager = accounts.Open(client.Actor);
        var account = Account.New(user);
        account.Row = account.Row with { Roles = [Role] };
        var made = await manager.CreateAsync(account, password);
        return made.Succeeded ? null : string.Join(' ', made.Errors.Select(e => e.Description));
    }

    public bool IsRoot(BranchClient client) => client.Person?.Rights.Contains(Right.All) == true;

    private static string AccountOf(string user) => user == Root ? FirstAccount.Name : user;

    private static BranchClient ClientOf(BranchPerson person, DateTimeOffset now) =>
        new(BranchRole.Controller, BranchDialect.V2, "", "", now) { Person = person };

    private static ImmutableHashSet<string> RightsOfStrangers(LeafSettings settings) => settings.AnonymousReads
        ? [Right.PackageRead, Right.RecipeRead, Right.JobRead, Right.WorkerRead]
        : [Right.PackageRead];
}
