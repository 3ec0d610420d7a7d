using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Accounts;

public sealed class UserDeskTests
{
    private static readonly Principal Helper = new("user:helper", [Right.UserUpdate, Right.UserResetTotp]);
    private static readonly Principal Owner = new("owner", [Right.All]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_locked_user_gets_in_again()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { Roles = [] });
        for (int i = 0; i < LockoutRule.MaxFailures; i++) await farm.Store.RefuseSignInAsync("mira", "wrong password", "::1", Cancellation);
        Assert.IsType<LoginResult.Wrong>(await farm.TryAsync("mira"));

        Assert.IsType<UserChange.Done>(await Desk(farm).UnlockAsync(Helper, "mira", Cancellation));

        await farm.LoginAsync("mira");
        Assert.Equal("user:helper", (await farm.Store.FindLastEventAsync("account.unlocked", Cancellation))!.Actor);
    }

    [Fact]
    public async Task A_password_that_somebody_else_set_keeps_the_rules_ends_sessions_and_must_be_changed()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { Roles = [] });
        var session = await farm.LoginAsync("mira");

        Assert.Contains("12 to 120", Assert.IsType<UserChange.Refused>(await Desk(farm).SetPasswordAsync(Helper, "mira", "short")).Why, StringComparison.Ordinal);
        Assert.NotNull(await farm.WhoAsync(session.Token));
        Assert.IsType<UserChange.Done>(await Desk(farm).SetPasswordAsync(Helper, "mira", "yellow tractor"));

        Assert.Null(await farm.WhoAsync(session.Token));
        Assert.IsType<LoginResult.Wrong>(await farm.TryAsync("mira"));
        Assert.Equal(SignInDuty.ChangePassword, (await farm.LoginAsync("mira", "yellow tractor")).Principal.Duty);
    }

    [Fact]
    public async Task Who_lost_the_device_signs_in_by_password_alone_again()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { Roles = [], TotpSecret = "unreadable", TotpEnabled = true, RecoveryCodes = ["x"] });
        Assert.IsType<LoginResult.CodeNeeded>(await farm.TryAsync("mira"));

        Assert.IsType<UserChange.Done>(await Desk(farm).RemoveTotpAsync(Helper, "mira"));

        await farm.LoginAsync("mira");
        Assert.Empty((await farm.FindAsync("mira")).RecoveryCodes);
    }

    [Fact]
    public async Task Only_a_superuser_helps_a_superuser_and_nobody_helps_the_own_account_this_way()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("root");
        var mira = await farm.CreateAsync("mira", a => a with { Roles = [] });

        Assert.IsType<UserChange.Forbidden>(await Desk(farm).SetPasswordAsync(Helper, "root", "yellow tractor"));
        Assert.IsType<UserChange.Forbidden>(await Desk(farm).UnlockAsync(Helper with { Rights = ["*:*", "user:*"] }, "root", Cancellation));
        Assert.IsType<UserChange.Forbidden>(await Desk(farm).RemoveTotpAsync(Owner with { Limit = [Right.UserResetTotp] }, "root"));
        Assert.IsType<UserChange.Forbidden>(await Desk(farm).SetPasswordAsync(Helper with { Account = mira.Id }, "mira", "yellow tractor"));
        Assert.IsType<UserChange.NotFound>(await Desk(farm).UnlockAsync(Owner, "nobody", Cancellation));
        Assert.IsType<UserChange.Done>(await Desk(farm).SetPasswordAsync(Owner, "root", "yellow tractor"));
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

    private static UserDesk Desk(LoginFarm farm) => new(farm.Room, farm.Tokens);
}
