using System.Net;
using System.Text;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Configuration;
using Quern.MasterHost.Estate;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Accounts;

/// <summary>Accounts on a real database, a door in front of them, and a clock that tests move.</summary>
internal sealed class LoginFarm : IAsyncDisposable
{
    public const string Password = "violet tractor";
    public static readonly IPAddress Here = IPAddress.Parse("192.0.2.1");

    private readonly ScratchFolder _folder = new();
    private int _hashes;

    private LoginFarm(AccountSettings settings) => Settings = settings;

    public AccountSettings Settings { get; }

    public ManualTimeProvider Time { get; } = new();

    public FarmStore Store { get; private set; } = null!;

    public AccountRoom Room { get; private set; } = null!;

    public TokenBook Tokens { get; private set; } = null!;

    public Doorkeeper Door { get; private set; } = null!;

    public Maintenance Maintenance { get; private set; } = null!;

    public OwnAccount Own { get; private set; } = null!;

    public RefusalBook Refusals { get; private set; } = null!;

    public IUserDesk Users { get; private set; } = null!;

    public GroupDesk Groups { get; private set; } = null!;

    public IRoleDesk Roles { get; private set; } = null!;

    public ITokenDesk ApiTokens { get; private set; } = null!;

    public IAuditDesk Audit { get; private set; } = null!;

    /// <summary>How many agents belong to the group of an id.</summary>
    public Dictionary<string, int> Agents { get; } = [];

    /// <summary>How often a password was checked against a hash.</summary>
    public int Hashes => Volatile.Read(ref _hashes);

    public static async Task<LoginFarm> StartAsync(AccountSettings? settings = null)
    {
        var farm = new LoginFarm(settings ?? new AccountSettings());
        farm.Store = await FarmStore.OpenAsync(new StoreOptions { Connection = $"sqlite:{farm._folder["farm.db"]}" }, farm.Time, CancellationToken.None);
        farm.Room = new AccountRoom(farm.Store, SecretVault.OfTotp(farm._folder["keys"]), farm.Time);
        farm.Maintenance = new Maintenance(farm.Store);
        farm.Restart();
        return farm;
    }

    /// <summary>Everything in memory begins anew, as after a restart of the master.</summary>
    public void Restart()
    {
        Door?.Dispose();
        Refusals = new RefusalBook(Store, Time);
        Tokens = new TokenBook(Store, Settings, Time) { Refusals = Refusals };
        Door = new Doorkeeper(Room, Tokens, Time, (password, hash) =>
        {
            Interlocked.Increment(ref _hashes);
            return PasswordHash.Fits(password, hash);
        }, Maintenance);
        Own = new OwnAccount(Room, Door, Tokens);
        Users = new UserDesk(Room, Door, Tokens, Refusals, Time);
        Groups = new GroupDesk(Store, Tokens, Refusals, id => Agents.GetValueOrDefault(id));
        Roles = new RoleDesk(Store, Tokens, Refusals);
        ApiTokens = new TokenDesk(Store, Tokens, Settings, Refusals, Time);
        Audit = new AuditDesk(Store, Refusals);
    }

    public async Task<StoredAccount> CreateAsync(string name, Func<StoredAccount, StoredAccount>? with = null)
    {
        var row = Account.New(name).Row with { PasswordHash = PasswordHash.Of(Password), SecurityStamp = "stamp", Roles = [StoredRole.Superuser] };
        Assert.IsType<AccountChange.Saved>(await Store.CreateAccountAsync(with is null ? row : with(row), Actor.Farm, CancellationToken.None));
        return await FindAsync(name);
    }

    public async Task<StoredAccount> FindAsync(string name) => (await Store.FindAccountAsync(name, CancellationToken.None))!;

    public async Task ChangeAsync(string name, Func<StoredAccount, StoredAccount> change) =>
        Assert.IsType<AccountChange.Saved>(await Store.UpdateAccountAsync(change(await FindAsync(name)), Actor.Farm, null, CancellationToken.None));

    public Task<LoginResult> TryAsync(string user, string password = Password, string code = "", string recovery = "") =>
        Door.LoginAsync(new LoginAttempt(user, password, Here, code, recovery), CancellationToken.None);

    public async Task<LoginResult.Welcome> LoginAsync(string user, string password = Password, string code = "", string recovery = "") =>
        Assert.IsType<LoginResult.Welcome>(await TryAsync(user, password, code, recovery));

    /// <summary>Somebody with these rights, who has no account.</summary>
    public static Caller Who(params string[] rights) => new(new Principal("user:helper", [.. rights]), Here, "http");

    /// <summary>Somebody who signed in.</summary>
    public async Task<Caller> InAsync(string user, string password = Password) => new((await LoginAsync(user, password)).Principal, Here, "http");

    public Task<Principal?> WhoAsync(string secret) => Tokens.FindAsync(secret, CancellationToken.None);

    /// <summary>The code of this moment.</summary>
    public string CodeOf(string key) => Totp.CodeOf(Base32.Decode(key)!, Totp.StepOf(Time.GetUtcNow()));

    public static Sha256Hash HashOf(string secret) => Sha256Hash.Of(Encoding.UTF8.GetBytes(secret));

    public async ValueTask DisposeAsync()
    {
        Door.Dispose();
        await Store.DisposeAsync();
        _folder.Dispose();
    }
}
