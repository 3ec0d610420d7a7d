using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Accounts;

/// <summary>Accounts that are made, changed and helped.</summary>
public sealed class UserDeskTests
{
    private static readonly Caller Helper = LoginFarm.Who(Right.UserUpdate, Right.UserResetTotp);
    private static readonly Caller Superuser = LoginFarm.Who(Right.All);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_user_signs_in_with_what_was_said()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.Store.SaveRoleAsync(new StoredRole("night", RoleScope.Farm, "", ["job:cancel"]), Actor.Farm, Cancellation);
        var end = farm.Time.GetUtcNow().AddDays(30);

        var made = await farm.Users.CreateAsync(
            LoginFarm.Who(Right.UserCreate, "job:*"), new NewUser("mira", "yellow tractor", "mira@büro.example", "+49 (30) 123-4567", end, ["night"]), Cancellation);

        Assert.Equal((EstateCode.Done, 1), (made.Code, made.Revision));
        var mira = await farm.FindAsync("mira");
        Assert.Equal((made.Id, "mira@xn--bro-hoa.example", "+49301234567", end), (mira.Id, mira.Email, mira.Phone, mira.ExpiresAt));
        Assert.Equal(["night"], mira.Roles);
        Assert.True((await farm.LoginAsync("mira", "yellow tractor")).Principal.May(Right.JobCancel));
        var said = JsonNode.Parse((await farm.Store.FindLastEventAsync("account.saved", Cancellation))!.Data)!;
        Assert.Equal(("192.0.2.1", "http", "mira"), (said["address"]!.ToString(), said["door"]!.ToString(), said["after"]!["name"]!.ToString()));
    }

    [Theory]
    [InlineData("mir", "yellow tractor", "", "", EstateCode.InvalidName)]
    [InlineData("Mira", "yellow tractor", "", "", EstateCode.InvalidName)]
    [InlineData("mira\n", "yellow tractor", "", "", EstateCode.InvalidName)]
    [InlineData("9mira", "yellow tractor", "", "", EstateCode.InvalidName)]
    [InlineData("mira", "short", "", "", EstateCode.InvalidPassword)]
    [InlineData("mira", "password1234", "", "", EstateCode.InvalidPassword)]
    [InlineData("mira", "Mira is my name", "", "", EstateCode.InvalidPassword)]
    [InlineData("mira", "b109f3bbbc244eb82441917ed06d618b9008dd09b3befd1b5e07394c706a8bb980b1d7785e5976ec049b46df5f1326af5a2ea6d103fd07c95385ffab0cacbc86", "", "", EstateCode.InvalidPassword)]
    [InlineData("mira", "yellow tractor", "mira", "", EstateCode.InvalidEmail)]
    [InlineData("mira", "yellow tractor", "a@b@c.example", "", EstateCode.InvalidEmail)]
    [InlineData("mira", "yellow tractor", "mira@localhost", "", EstateCode.InvalidEmail)]
    [InlineData("mira", "yellow tractor", "", "0049301234567", EstateCode.InvalidPhone)]
    [InlineData("mira", "yellow tractor", "", "+0123456789", EstateCode.InvalidPhone)]
    [InlineData("root", "yellow tractor", "", "", EstateCode.NameTaken)]
    public async Task Each_rule_for_new_users_has_its_code_and_makes_nobody(string name, string password, string email, string phone, EstateCode code)
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("root");

        var answer = await farm.Users.CreateAsync(Superuser, new NewUser(name, password, email, phone), Cancellation);

        Assert.Equal(code, answer.Code);
        Assert.NotEmpty(answer.Detail);
        Assert.NotEmpty(answer.Field);
        Assert.Single(await farm.Store.ListAccountsAsync("", 10, Cancellation));
        var refused = (await farm.Store.FindLastEventAsync("estate.refused", Cancellation))!;
        Assert.Equal("user:helper", refused.Actor);
        Assert.DoesNotContain(password, refused.Subject + refused.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_date_is_in_the_future()
    {
        await using var farm = await LoginFarm.StartAsync();
        var now = farm.Time.GetUtcNow();

        foreach (var end in new[] { now, now.AddDays(-1) })
            Assert.Equal(EstateCode.InvalidExpiration, (await farm.Users.CreateAsync(Superuser, new NewUser("mira", "yellow tractor", ExpiresAt: end), Cancellation)).Code);
    }

    [Fact]
    public async Task Everybody_changes_the_own_password_e_mail_and_phone_and_nothing_else()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { Roles = [] });
        var session = await farm.LoginAsync("mira");
        var other = await farm.LoginAsync("mira");
        var mira = new Caller(session.Principal, LoginFarm.Here, "admin");

        Assert.Equal(EstateCode.Done, (await farm.Users.UpdateAsync(mira, new UserEdit("mira") { Email = "mira@example.org", Phone = "+49301234567" }, Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Users.UpdateAsync(mira, new UserEdit("mira") { Disabled = false }, Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Users.UpdateAsync(mira, new UserEdit("mira") { Email = "", AddRoles = ["superuser"] }, Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Users.UpdateAsync(mira, new UserEdit("mira") { SetsExpiry = true }, Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Users.UpdateAsync(mira, new UserEdit("mira") { Password = "yellow tractor" }, Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Users.UpdateAsync(mira, Own("wrong password"), Cancellation)).Code);
        Assert.Equal(EstateCode.InvalidPassword, (await farm.Users.UpdateAsync(mira, Own(LoginFarm.Password) with { Password = LoginFarm.Password }, Cancellation)).Code);
        Assert.Equal(("mira@example.org", "+49301234567"), ((await farm.FindAsync("mira")).Email, (await farm.FindAsync("mira")).Phone));

        Assert.Equal(EstateCode.Done, (await farm.Users.UpdateAsync(mira, Own(LoginFarm.Password), Cancellation)).Code);

        Assert.NotNull(await farm.WhoAsync(session.Token));
        Assert.Null(await farm.WhoAsync(other.Token));
        Assert.Equal(SignInDuty.None, (await farm.LoginAsync("mira", "yellow tractor")).Principal.Duty);

        static UserEdit Own(string current) => new("mira") { Password = "yellow tractor", CurrentPassword = current };
    }

    [Fact]
    public async Task A_password_that_must_be_changed_can_be_and_nothing_else()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("root", a => a with { MustChangePassword = true });
        var root = await farm.InAsync("root");

        Assert.Equal(EstateCode.Denied, (await farm.Users.UpdateAsync(root, new UserEdit("root") { Email = "r@example.org" }, Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Users.CreateAsync(root, new NewUser("mira", "yellow tractor"), Cancellation)).Code);
        Assert.Empty((await farm.Users.ListAsync(root, "", "", 10, Cancellation)).Items);
        var changed = await farm.Users.UpdateAsync(root, new UserEdit("root") { Password = "yellow tractor", CurrentPassword = LoginFarm.Password }, Cancellation);

        Assert.Equal(EstateCode.Done, changed.Code);
        Assert.False((await farm.FindAsync("root")).MustChangePassword);
    }

    [Fact]
    public async Task A_locked_user_gets_in_again()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { Roles = [] });
        for (int i = 0; i < LockoutRule.MaxFailures; i++) await farm.Store.RefuseSignInAsync("mira", "wrong password", "::1", Cancellation);
        Assert.IsType<LoginResult.Wrong>(await farm.TryAsync("mira"));

        Assert.Equal(EstateCode.Done, (await farm.Users.UpdateAsync(Helper, new UserEdit("mira") { Unlock = true }, Cancellation)).Code);

        await farm.LoginAsync("mira");
        Assert.Equal("user:helper", (await farm.Store.FindLastEventAsync("account.unlocked", Cancellation))!.Actor);
        Assert.Equal(1, (await farm.FindAsync("mira")).Revision);
    }

    [Fact]
    public async Task A_password_that_somebody_else_set_keeps_the_rules_ends_sessions_and_must_be_changed()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { Roles = [] });
        var session = await farm.LoginAsync("mira");

        var short_ = await farm.Users.UpdateAsync(Helper, new UserEdit("mira") { Password = "short" }, Cancellation);
        Assert.Equal(EstateCode.InvalidPassword, short_.Code);
        Assert.Contains("12 to 120", short_.Detail, StringComparison.Ordinal);
        Assert.NotNull(await farm.WhoAsync(session.Token));
        Assert.Equal(EstateCode.Done, (await farm.Users.UpdateAsync(Helper, new UserEdit("mira") { Password = "yellow tractor" }, Cancellation)).Code);

        Assert.Null(await farm.WhoAsync(session.Token));
        Assert.IsType<LoginResult.Wrong>(await farm.TryAsync("mira"));
        Assert.Equal(SignInDuty.ChangePassword, (await farm.LoginAsync("mira", "yellow tractor")).Principal.Duty);
    }

    [Fact]
    public async Task Disabling_and_a_lost_role_end_sessions_at_once()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.Store.SaveRoleAsync(new StoredRole("night", RoleScope.Farm, "", ["job:cancel"]), Actor.Farm, Cancellation);
        await farm.CreateAsync("mira", a => a with { Roles = ["night"] });
        var first = await farm.LoginAsync("mira");

        Assert.Equal(EstateCode.Done, (await farm.Users.UpdateAsync(Helper, new UserEdit("mira") { RemoveRoles = ["night"] }, Cancellation)).Code);
        Assert.Null(await farm.WhoAsync(first.Token));
        var second = await farm.LoginAsync("mira");
        Assert.Equal(EstateCode.Done, (await farm.Users.UpdateAsync(Helper, new UserEdit("mira") { Disabled = true }, Cancellation)).Code);

        Assert.Null(await farm.WhoAsync(second.Token));
        Assert.IsType<LoginResult.Wrong>(await farm.TryAsync("mira"));
    }

    [Fact]
    public async Task Who_lost_the_device_signs_in_by_password_alone_again()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { Roles = [], TotpSecret = "unreadable", TotpEnabled = true, RecoveryCodes = ["x"] });
        Assert.IsType<LoginResult.CodeNeeded>(await farm.TryAsync("mira"));

        Assert.Equal(EstateCode.Done, (await farm.Users.RemoveTotpAsync(Helper, "mira", "", Cancellation)).Code);

        await farm.LoginAsync("mira");
        Assert.Empty((await farm.FindAsync("mira")).RecoveryCodes);
        Assert.Equal(EstateCode.InvalidState, (await farm.Users.RemoveTotpAsync(Helper, "mira", "", Cancellation)).Code);
    }

    [Fact]
    public async Task The_own_one_time_codes_go_with_the_password()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("root");
        var root = await farm.InAsync("root");
        await farm.ChangeAsync("root", a => a with { TotpSecret = "unreadable", TotpEnabled = true });

        Assert.Equal(EstateCode.Denied, (await farm.Users.RemoveTotpAsync(root, "", "wrong password", Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Users.RemoveTotpAsync(root, "root", "", Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await farm.Users.RemoveTotpAsync(root, "", LoginFarm.Password, Cancellation)).Code);
        Assert.False((await farm.FindAsync("root")).TotpEnabled);
    }

    [Fact]
    public async Task A_list_goes_on_where_it_stopped()
    {
        await using var farm = await LoginFarm.StartAsync();
        foreach (string name in new[] { "anna", "mira", "mirza", "noor" }) await farm.CreateAsync(name);

        var first = await farm.Users.ListAsync(LoginFarm.Who(Right.UserList), "mir", "", 1, Cancellation);
        var second = await farm.Users.ListAsync(LoginFarm.Who(Right.UserList), "mir", first.Next, 5, Cancellation);

        Assert.Equal(["mira"], first.Items.Select(u => u.Name));
        Assert.Equal(["mirza"], second.Items.Select(u => u.Name));
        Assert.Equal("", second.Next);
        Assert.Empty((await farm.Users.ListAsync(LoginFarm.Who(Right.UserList), "mü", "", 5, Cancellation)).Items);
    }

    [Fact]
    public async Task The_owner_of_the_data_folder_sets_the_password_that_nobody_knows_any_more()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var owner = farm.Client();
        using var stranger = new HttpClient { BaseAddress = farm.Address };

        var unlocked = await owner.PostAsJsonAsync("/api/v1/users/admin/unlock", new JsonObject());
        var refused = await owner.PostAsJsonAsync("/api/v1/users/admin/password", new JsonObject { ["new_password"] = "short" });
        var missing = await owner.PostAsJsonAsync("/api/v1/users/nobody/totp/remove", new JsonObject());
        var set = await owner.PostAsJsonAsync("/api/v1/users/admin/password", new JsonObject { ["new_password"] = "yellow tractor" });

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.UnprocessableEntity, HttpStatusCode.NotFound, HttpStatusCode.NoContent),
            (unlocked.StatusCode, refused.StatusCode, missing.StatusCode, set.StatusCode));
        var login = await stranger.PostAsJsonAsync("/api/v1/login", new JsonObject { ["user"] = "admin", ["password"] = "yellow tractor" });
        Assert.True((await MasterFixture.BodyAsync(login))["must_change_password"]!.GetValue<bool>());
    }
}
