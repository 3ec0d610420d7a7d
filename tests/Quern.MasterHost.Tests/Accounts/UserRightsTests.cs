using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Accounts;

/// <summary>Who may change whom, and what happens when two do it at once.</summary>
public sealed class UserRightsTests
{
    private static readonly Caller Helper = LoginFarm.Who(Right.UserUpdate, Right.UserResetTotp);
    private static readonly Caller Superuser = LoginFarm.Who(Right.All);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_gives_a_role_that_does_more_than_they_may()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { Roles = [] });
        foreach (var (name, right) in new[] { ("night", "job:cancel"), ("jobs", "job:*"), ("labs", "job:cancel@labs") })
            await farm.Store.SaveRoleAsync(new StoredRole(name, RoleScope.Farm, "", [right]), Actor.Farm, Cancellation);
        await farm.Store.SaveRoleAsync(new StoredRole("viewer", RoleScope.Group, "", ["job:read"]), Actor.Farm, Cancellation);
        var who = LoginFarm.Who(Right.UserUpdate, Right.UserCreate, "job:cancel");

        async Task<EstateCode> GiveAsync(Caller caller, string role) =>
            (await farm.Users.UpdateAsync(caller, new UserEdit("mira") { AddRoles = [role] }, Cancellation)).Code;

        Assert.Equal(EstateCode.Denied, await GiveAsync(who, "jobs"));
        Assert.Equal(EstateCode.Denied, await GiveAsync(who, StoredRole.Superuser));
        Assert.Equal(EstateCode.InvalidRole, await GiveAsync(who, "ghost"));
        Assert.Equal(EstateCode.InvalidRole, await GiveAsync(Superuser, "viewer"));
        Assert.Equal(EstateCode.Denied, (await farm.Users.CreateAsync(who, new NewUser("noor", "yellow tractor", Roles: ["jobs"]), Cancellation)).Code);
        Assert.Empty((await farm.FindAsync("mira")).Roles);
        Assert.Equal(EstateCode.Done, await GiveAsync(who, "night"));
        Assert.Equal(EstateCode.Done, await GiveAsync(who, "labs"));
        // The token counts too: who may everything with a token for little gives little.
        Assert.Equal(EstateCode.Denied, await GiveAsync(Superuser with { Principal = Superuser.Principal with { Limit = [Right.UserUpdate] } }, "jobs"));
    }

    [Fact]
    public async Task A_program_with_a_token_for_little_is_not_its_account()
    {
        await using var farm = await LoginFarm.StartAsync();
        var row = await farm.CreateAsync("mira", a => a with { Roles = [] });
        var little = new Caller(new Principal("user:mira", []) { Account = row.Id, Kind = TokenKind.Api, Limit = [Right.JobRead] }, LoginFarm.Here, "http");
        var whole = little with { Principal = little.Principal with { Limit = [Right.All] } };

        Assert.Empty((await farm.Users.ListAsync(little, "", "", 10, Cancellation)).Items);
        Assert.Equal(EstateCode.Denied, (await farm.Users.UpdateAsync(little, new UserEdit("mira") { Email = "" }, Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Users.UpdateAsync(whole, new UserEdit("mira") { Password = "yellow tractor", CurrentPassword = LoginFarm.Password }, Cancellation)).Code);
        Assert.Equal(["mira"], (await farm.Users.ListAsync(whole, "", "", 10, Cancellation)).Items.Select(u => u.Name));
    }

    [Fact]
    public async Task Superusers_are_changed_by_superusers_alone_and_somebody_who_may_more_by_who_may_it_too()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.Store.SaveRoleAsync(new StoredRole("night", RoleScope.Farm, "", ["job:cancel"]), Actor.Farm, Cancellation);
        await farm.Store.SaveRoleAsync(new StoredRole("all", RoleScope.Farm, "", ["*"]), Actor.Farm, Cancellation);
        await farm.CreateAsync("root");
        await farm.CreateAsync("like.root", a => a with { Roles = ["all"] });
        await farm.CreateAsync("mira", a => a with { Roles = ["night"] });
        var nearly = LoginFarm.Who("*:*", "user:*");
        var limited = Superuser with { Principal = Superuser.Principal with { Limit = ["user:*"] } };

        foreach (var who in new[] { Helper, nearly, limited })
        {
            foreach (string name in new[] { "root", "like.root" })
            {
                Assert.Equal(EstateCode.Denied, (await farm.Users.UpdateAsync(who, new UserEdit(name) { Password = "yellow tractor" }, Cancellation)).Code);
                Assert.Equal(EstateCode.Denied, (await farm.Users.UpdateAsync(who, new UserEdit(name) { Unlock = true }, Cancellation)).Code);
                Assert.Equal(EstateCode.Denied, (await farm.Users.UpdateAsync(who, new UserEdit(name) { Email = "" }, Cancellation)).Code);
                Assert.Equal(EstateCode.Denied, (await farm.Users.RemoveTotpAsync(who, name, "", Cancellation)).Code);
                Assert.Equal(EstateCode.Denied, (await farm.Users.RemoveAsync(who, name, "", Cancellation)).Code);
            }
        }
        // Who sets a password can be whom it is of.
        Assert.Equal(EstateCode.Denied, (await farm.Users.UpdateAsync(Helper, new UserEdit("mira") { Password = "yellow tractor" }, Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await farm.Users.UpdateAsync(Helper, new UserEdit("mira") { Email = "mira@example.org" }, Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await farm.Users.UpdateAsync(nearly, new UserEdit("mira") { Password = "yellow tractor" }, Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await farm.Users.UpdateAsync(Superuser, new UserEdit("root") { Password = "yellow tractor" }, Cancellation)).Code);
        Assert.Equal(EstateCode.NotFound, (await farm.Users.UpdateAsync(Superuser, new UserEdit("nobody") { Unlock = true }, Cancellation)).Code);
    }

    [Fact]
    public async Task Without_the_right_nobody_learns_who_exists()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("root");
        await farm.CreateAsync("mira", a => a with { Roles = [] });
        var mira = await farm.InAsync("mira");

        Assert.Equal(await farm.Users.UpdateAsync(mira, new UserEdit("root") { Unlock = true }, Cancellation), await farm.Users.UpdateAsync(mira, new UserEdit("ghost") { Unlock = true }, Cancellation));
        Assert.Equal(await farm.Users.RemoveAsync(mira, "root", "", Cancellation), await farm.Users.RemoveAsync(mira, "ghost", "", Cancellation));
        Assert.Equal(await farm.Users.RemoveTotpAsync(mira, "root", "", Cancellation), await farm.Users.RemoveTotpAsync(mira, "ghost", "", Cancellation));
        Assert.Equal(["mira"], (await farm.Users.ListAsync(mira, "", "", 10, Cancellation)).Items.Select(u => u.Name));
        Assert.Empty((await farm.Users.ListAsync(mira, "roo", "", 10, Cancellation)).Items);
    }

    [Fact]
    public async Task The_last_superuser_stays()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("root");
        await farm.CreateAsync("temp", a => a with { ExpiresAt = farm.Time.GetUtcNow().AddDays(1) });
        var root = await farm.InAsync("root");

        Assert.Equal(EstateCode.LastSuperuser, (await farm.Users.RemoveAsync(root, "root", "", Cancellation)).Code);
        Assert.Equal(EstateCode.LastSuperuser, (await farm.Users.UpdateAsync(root, new UserEdit("root") { Disabled = true }, Cancellation)).Code);
        Assert.Equal(EstateCode.LastSuperuser, (await farm.Users.UpdateAsync(root, new UserEdit("root") { RemoveRoles = ["superuser"] }, Cancellation)).Code);
        Assert.Equal(EstateCode.LastSuperuser, (await farm.Users.UpdateAsync(root, new UserEdit("root") { SetsExpiry = true, ExpiresAt = farm.Time.GetUtcNow().AddDays(1) }, Cancellation)).Code);
        Assert.Equal(1, (await farm.FindAsync("root")).Revision);

        await farm.CreateAsync("second");
        Assert.Equal(EstateCode.Done, (await farm.Users.RemoveAsync(root, "root", "", Cancellation)).Code);
    }

    [Fact]
    public async Task Who_owns_a_group_goes_when_somebody_takes_it()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.Store.SaveRoleAsync(new StoredRole("owner", RoleScope.Group, "", ["*"]), Actor.Farm, Cancellation);
        await farm.CreateAsync("mira", a => a with { Roles = [] });
        await farm.CreateAsync("noor", a => a with { Roles = [] });
        await farm.Store.CreateGroupAsync(new StoredGroup("1", "labs", "", [new("mira", "owner")]), Actor.Farm, Cancellation);

        Assert.Equal(EstateCode.OwnsResources, (await farm.Users.RemoveAsync(Superuser, "mira", "", Cancellation)).Code);
        Assert.Equal(EstateCode.UnknownUser, (await farm.Users.RemoveAsync(Superuser, "mira", "ghost", Cancellation)).Code);
        Assert.Equal(EstateCode.UnknownUser, (await farm.Users.RemoveAsync(Superuser, "mira", "mira", Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Users.RemoveAsync(LoginFarm.Who(Right.UserDelete), "mira", "noor", Cancellation)).Code);
        // Nobody is left with what only somebody who cannot sign in may change.
        await farm.ChangeAsync("noor", a => a with { Disabled = true });
        Assert.Equal(EstateCode.UnknownUser, (await farm.Users.RemoveAsync(Superuser, "mira", "noor", Cancellation)).Code);
        await farm.ChangeAsync("noor", a => a with { Disabled = false, ExpiresAt = farm.Time.GetUtcNow() });
        Assert.Equal(EstateCode.UnknownUser, (await farm.Users.RemoveAsync(Superuser, "mira", "noor", Cancellation)).Code);
        await farm.ChangeAsync("noor", a => a with { ExpiresAt = null });
        Assert.Equal(EstateCode.Done, (await farm.Users.RemoveAsync(Superuser, "mira", "noor", Cancellation)).Code);

        Assert.Equal([new GroupMember("noor", "owner")], (await farm.Store.FindGroupAsync("labs", Cancellation))!.Members);
    }

    [Fact]
    public async Task Of_two_administrators_who_change_at_once_one_wins_and_nothing_is_half_done()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { Roles = [] });

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => farm.Users.UpdateAsync(
            Superuser, new UserEdit("mira") { Email = $"mira{i}@example.org", Phone = $"+4930123456{i}", ExpectedRevision = 1 }, Cancellation))));

        int winner = Array.FindIndex(answers, a => a.Code == EstateCode.Done);
        Assert.Equal(7, answers.Count(a => a.Code == EstateCode.Outdated));
        var mira = await farm.FindAsync("mira");
        Assert.Equal(($"mira{winner}@example.org", $"+4930123456{winner}", 2), (mira.Email, mira.Phone, mira.Revision));
    }

    [Fact]
    public async Task Two_superusers_who_remove_each_other_at_once_leave_one()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("root");
        await farm.CreateAsync("second");

        var answers = await Task.WhenAll(
            Task.Run(() => farm.Users.RemoveAsync(Superuser, "root", "", Cancellation)), Task.Run(() => farm.Users.RemoveAsync(Superuser, "second", "", Cancellation)));

        Assert.Equal([EstateCode.Done, EstateCode.LastSuperuser], answers.Select(a => a.Code).Order());
        Assert.Single(await farm.Store.ListAccountsAsync("", 10, Cancellation));
    }

    [Fact]
    public async Task The_same_refusal_is_in_the_journal_once_in_a_while()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { Roles = [] });
        var mira = await farm.InAsync("mira");

        for (int i = 0; i < 100; i++) await farm.Users.RemoveAsync(mira, "root", "", Cancellation);
        for (int i = 0; i < 100; i++) await farm.Users.RemoveAsync(mira, "violet tractor", "", Cancellation);

        var refused = (await farm.Store.ReadJournalAsync(0, 1000, Cancellation)).Where(e => e.Kind == "estate.refused").ToList();
        Assert.Equal(["root", "(not a name)"], refused.Select(e => e.Subject));
        Assert.Equal(("user.delete", "denied", "192.0.2.1"), (Member("action"), Member("reason"), Member("address")));
        string Member(string name) => JsonNode.Parse(refused[0].Data)![name]!.ToString();
    }
}
