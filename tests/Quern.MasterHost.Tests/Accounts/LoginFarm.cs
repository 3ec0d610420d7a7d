using System.Net;
using System.Text;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Configuration;
using Quern.Model;
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

    public OwnAccount Own { get; private set; } = null!;

    /// <summary>How often a password was checked against a hash.</summary>
    public int Hashes => Volatile.Read(ref _hashes);

    public static async Task<LoginFarm> StartAsync(AccountSettings? settings = null)
    {
        var farm = new LoginFarm(settings ?? new AccountSettings());
        farm.Store = await FarmStore.OpenAsync(new StoreOptions { Connection = $"sqlite:{farm._folder["farm.db"]}" }, farm.Time, CancellationToken.None);
        farm.Room = new AccountRoom(farm.Store, new TotpVault(farm._folder["keys"]), farm.Time);
        farm.Restart();
        return farm;
    }

    /// <summary>Everything in memory begins anew, as after a restart of the master.</summary>
    public void Restart()
    {
        Door?.Dispose();
        Tokens = new TokenBook(Store, Settings, Time);
        Door = new Doorkeeper(Room, Tokens, Time, (password, hash) =>
        {
            Interlocked.Increment(ref _hashes);
            return PasswordHash.Fits(password, hash);
        });
        Own = new OwnAccount(Room, Door, Tokens);
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
