using System.Text.Json.Nodes;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Tests.Accounts;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Leaf;

/// <summary>Keys for a password: how long they are good, and for what.</summary>
public sealed class LeafKeyTests
{
    [Fact]
    public async Task A_key_ends_a_quarter_of_an_hour_after_its_last_use()
    {
        await using var farm = await LoginFarm.StartAsync();
        string key = await KeyAsync(farm);

        for (int i = 0; i < 5; i++)
        {
            farm.Time.Advance(LeafKeys.Lifetime - TimeSpan.FromSeconds(1));
            Assert.Equal("user:mira", (await Keys(farm).FindAsync(key, CancellationToken.None))!.Name);
        }
        farm.Time.Advance(LeafKeys.Lifetime);
        Assert.Null(await Keys(farm).FindAsync(key, CancellationToken.None));
    }

    [Fact]
    public async Task A_key_outlives_the_master_with_its_last_use()
    {
        await using var farm = await LoginFarm.StartAsync();
        string key = await KeyAsync(farm);
        farm.Time.Advance(TimeSpan.FromSeconds(800));
        Assert.NotNull(await Keys(farm).FindAsync(key, CancellationToken.None));
        farm.Time.Advance(TimeSpan.FromSeconds(800));

        // Without a word from the one before, as after kill -9.
        farm.Restart();

        Assert.Equal("user:mira", (await Keys(farm).FindAsync(key, CancellationToken.None))!.Name);
        farm.Time.Advance(TimeSpan.FromSeconds(899));
        Assert.NotNull(await Keys(farm).FindAsync(key, CancellationToken.None));
        farm.Time.Advance(LeafKeys.Lifetime);
        Assert.Null(await Keys(farm).FindAsync(key, CancellationToken.None));
    }

    [Fact]
    public async Task A_revoked_key_is_good_nowhere_and_a_key_is_no_token()
    {
        await using var farm = await LoginFarm.StartAsync();
        string key = await KeyAsync(farm), token = (await farm.LoginAsync("mira")).Token;
        var keys = Keys(farm);

        Assert.Null(await farm.Tokens.FindAsync(key, CancellationToken.None));
        Assert.Null(await keys.FindAsync(token, CancellationToken.None));
        Assert.NotNull(await keys.FindAsync(key.ToUpperInvariant(), CancellationToken.None));
        await keys.RevokeAsync(key, Actor.Farm, CancellationToken.None);
        Assert.Null(await keys.FindAsync(key, CancellationToken.None));
        farm.Restart();
        Assert.Null(await Keys(farm).FindAsync(key, CancellationToken.None));
        Assert.DoesNotContain(await farm.Store.ReadJournalAsync(0, 100, CancellationToken.None), e => (e.Subject + e.Data + e.Actor).Contains(key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("{00000000-0000-4000-8000-000000000001}")]
    [InlineData("00000000000040008000000000000001")]
    [InlineData(" 00000000-0000-4000-8000-000000000001")]
    public async Task What_is_no_key_is_not_looked_up(string text)
    {
        await using var farm = await LoginFarm.StartAsync();
        await KeyAsync(farm);

        Assert.Null(await Keys(farm).FindAsync(text, CancellationToken.None));
    }

    [Fact]
    public async Task A_key_over_the_wire_is_good_after_a_restart_and_gone_after_the_log_off()
    {
        await using var farm = await LeafFarm.StartAsync();
        string key = await farm.KeyAsync("admin");
        Assert.Equal(LeafFarm.Keys[0], key);

        await farm.RestartAsync();

        Assert.Equal($"SUCCESS Authkey {key} is valid.", (await farm.Peer().FormAsync("/checkauth", $"authkey={key}")).Said);
        Assert.Equal("SUCCESS Logoff acknowledged.", (await farm.Peer().FormAsync("/logoff", $"authkey={key}")).Said);
        await farm.RestartAsync();
        Assert.Equal($"AUTH_FAILURE Authkey {key} is invalid.", (await farm.Peer().FormAsync("/checkauth", $"authkey={key}")).Said);
    }

    [Fact]
    public async Task Guessing_is_slowed_down_and_noted()
    {
        await using var farm = await LeafFarm.StartAsync();
        var peer = farm.Peer();

        for (int i = 0; i < 5; i++) Assert.Equal("AUTH_FAILURE Authentication failed.", (await peer.FormAsync("/auth", $"user=root&pass={i}")).Said);

        Assert.Equal("AUTH_FAILURE Authentication failed: too many attempts, try again later.", (await peer.FormAsync("/auth", $"user=root&pass={LeafFarm.Password}")).Said);
        Assert.Equal(["admin", "admin", "admin", "admin", "admin"], (await farm.EventsAsync("account.refused")).Select(e => e.Subject));
        Assert.Empty(await farm.EventsAsync("client.refused"));
    }

    [Fact]
    public async Task A_key_gives_no_more_rights_than_its_account_has()
    {
        await using var farm = await LeafFarm.StartAsync();
        await farm.SubmitAsync(LeafFarm.Recipe("zlib"));
        await farm.Store.SaveRoleAsync(new StoredRole("reader", RoleScope.Farm, "", [Right.JobRead]), Actor.Farm, CancellationToken.None);
        var row = Account.New("reader").Row with { PasswordHash = PasswordHash.Of("violet tractor"), SecurityStamp = "stamp", Roles = ["reader"] };
        Assert.IsType<AccountChange.Saved>(await farm.Store.CreateAccountAsync(row, Actor.Farm, CancellationToken.None));
        string key = await farm.KeyAsync("reader", "violet tractor");
        var peer = farm.Peer();
        async Task<string> SaidAsync(string path, string name = "", string value = "") =>
            (await peer.PostAsync(path, name.Length == 0 ? new JsonObject { ["authkey"] = key } : new JsonObject { ["authkey"] = key, [name] = value })).Said;

        Assert.Equal("AUTH_FAILURE This needs the right 'job:submit', which you do not have.", await SaidAsync("/releasebuild", "pkgname", "zlib"));
        Assert.Equal("AUTH_FAILURE This needs the right 'recipe:write', which you do not have.", await SaidAsync("/deletepackage", "pkgname", "zlib"));
        Assert.Equal("AUTH_FAILURE This needs the right 'recipe:write', which you do not have.", await SaidAsync("/submitpackagebuild", "packagebuild", LeafFarm.Recipe("x")));
        Assert.Equal("AUTH_FAILURE This needs the right 'job:cancel', which you do not have.", await SaidAsync("/cancelqueuedjobs"));
        Assert.Equal("SERV_FAILURE Invalid job id: 7", await SaidAsync("/viewlog", "jobid", "7"));
        Assert.Equal("AUTH_FAILURE Only root can create users.", (await peer.PostAsync("/createuser", new JsonObject { ["authkey"] = key, ["cuser"] = "mira", ["cpass"] = "x" })).Said);
    }

    [Fact]
    public async Task Who_must_do_something_first_gets_no_key()
    {
        await using var farm = await LeafFarm.StartAsync();
        var row = Account.New("newcomer").Row with { PasswordHash = PasswordHash.Of("violet tractor"), SecurityStamp = "stamp", Roles = [StoredRole.Superuser], MustChangePassword = true };
        Assert.IsType<AccountChange.Saved>(await farm.Store.CreateAccountAsync(row, Actor.Farm, CancellationToken.None));

        Assert.Equal("AUTH_FAILURE Authentication failed.", (await farm.Peer().FormAsync("/auth", "user=newcomer&pass=violet tractor")).Said);

        Assert.Empty(await farm.Store.ListTokensAsync((await farm.Store.FindAccountAsync("newcomer", CancellationToken.None))!.Id, CancellationToken.None));
        Assert.Equal("AUTH_FAILURE Authentication failed: user nobody is not registered.", (await farm.Peer().FormAsync("/auth", "user=nobody&pass=x")).Said);
    }

    [Fact]
    public async Task A_user_that_root_makes_logs_in_and_builds_and_makes_no_users()
    {
        await using var farm = await LeafFarm.StartAsync();
        await farm.SubmitAsync(LeafFarm.Recipe("zlib"));
        string root = await farm.KeyAsync();

        Assert.Equal("SUCCESS User created", (await farm.Peer().PostAsync("/createuser", new JsonObject { ["authkey"] = root, ["cuser"] = "mira7", ["cpass"] = "violet tractor" })).Said);
        Assert.Equal("SERV_FAILURE User already exists.", (await farm.Peer().FormAsync("/createuser", $"authkey={root}&cuser=mira7&cpass=another tractor")).Said);
        string key = await farm.KeyAsync("mira7", "violet tractor");

        Assert.Equal("SUCCESS Package build queued successfully.", (await farm.Peer().FormAsync("/releasebuild", $"authkey={key}&pkgname=zlib")).Said);
        Assert.Equal("AUTH_FAILURE Only root can create users.", (await farm.Peer().FormAsync("/createuser", $"authkey={key}&cuser=other&cpass=violet tractor")).Said);
        Assert.Contains(await farm.EventsAsync("account.saved"), e => e.Actor == "user:admin" && e.Data.Contains("mira7", StringComparison.Ordinal));
    }

    private static LeafKeys Keys(LoginFarm farm) => new(farm.Tokens, Guid.NewGuid);

    private static async Task<string> KeyAsync(LoginFarm farm)
    {
        await farm.CreateAsync("mira");
        var login = await farm.Door.LoginAsync(new LoginAttempt("mira", LoginFarm.Password, LoginFarm.Here), CancellationToken.None, Keys(farm).NewSession);
        return LeafKeys.KeyOf(Assert.IsType<LoginResult.Welcome>(login).Token);
    }
}
