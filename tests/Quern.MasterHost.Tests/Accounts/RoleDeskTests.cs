using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Tests.Accounts;

public sealed class RoleDeskTests
{
    private static readonly Caller Superuser = LoginFarm.Who(Right.All);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_role_is_made_changed_given_and_removed()
    {
        await using var farm = await LoginFarm.StartAsync();
        var night = new RoleFacts("night shift", "At night", ["job:read"], OfGroups: false);

        Assert.Equal(("night shift", 1), Facts(await farm.Roles.PutAsync(Superuser, night, Cancellation)));
        Assert.Equal(("night shift", 2), Facts(await farm.Roles.PutAsync(Superuser, night with { Rights = ["job:*", "agent:power@labs"], Revision = 1 }, Cancellation)));
        await farm.CreateAsync("mira", a => a with { Roles = ["night shift"] });
        Assert.True((await farm.InAsync("mira")).May(Right.AgentPower, "labs"));
        Assert.Equal(EstateCode.InUse, (await farm.Roles.RemoveAsync(Superuser, "night shift", Cancellation)).Code);
        await farm.ChangeAsync("mira", a => a with { Roles = [] });
        Assert.Equal(EstateCode.Done, (await farm.Roles.RemoveAsync(Superuser, "night shift", Cancellation)).Code);
        Assert.Equal(EstateCode.NotFound, (await farm.Roles.RemoveAsync(Superuser, "night shift", Cancellation)).Code);

        static (string, long) Facts(EstateAnswer answer) => (answer.Id, answer.Revision);
    }

    [Theory]
    [InlineData("x", "job:read", false, EstateCode.InvalidName)]
    [InlineData("Night", "job:read", false, EstateCode.InvalidName)]
    [InlineData("night\n", "job:read", false, EstateCode.InvalidName)]
    [InlineData("night", "jobs:read", false, EstateCode.InvalidRole)]
    [InlineData("night", "job:raed", false, EstateCode.InvalidRole)]
    [InlineData("night", "job", false, EstateCode.InvalidRole)]
    [InlineData("night", "", false, EstateCode.InvalidRole)]
    [InlineData("night", "job:read:x", false, EstateCode.InvalidRole)]
    [InlineData("night", "job:read@x", false, EstateCode.InvalidRole)]
    [InlineData("night", "job:read@labs@labs", false, EstateCode.InvalidRole)]
    [InlineData("night", "job:read@labs", true, EstateCode.InvalidRole)]
    [InlineData("superuser", "job:read", false, EstateCode.BuiltIn)]
    public async Task Each_rule_for_roles_has_its_code(string name, string right, bool ofGroups, EstateCode code)
    {
        await using var farm = await LoginFarm.StartAsync();

        var answer = await farm.Roles.PutAsync(Superuser, new RoleFacts(name, "", [right], ofGroups), Cancellation);

        Assert.Equal(code, answer.Code);
        Assert.NotEmpty(answer.Detail);
        Assert.Single(await farm.Store.ListRolesAsync(Cancellation));
    }

    [Fact]
    public async Task A_mistyped_right_is_told_what_was_meant()
    {
        await using var farm = await LoginFarm.StartAsync();

        Assert.Contains("Did you mean 'job:read'?", (await farm.Roles.PutAsync(Superuser, new RoleFacts("night", "", ["job:raed"], false), Cancellation)).Detail, StringComparison.Ordinal);
        Assert.Equal(EstateCode.InvalidRole, (await farm.Roles.PutAsync(Superuser, new RoleFacts("night", "", [.. Enumerable.Range(0, 65).Select(i => $"job:read@group{i}")], false), Cancellation)).Code);
        Assert.Equal(EstateCode.InvalidConfig, (await farm.Roles.PutAsync(Superuser, new RoleFacts("night", "a\tb", ["job:read"], false), Cancellation)).Code);
    }

    [Fact]
    public async Task Nobody_makes_a_role_that_does_more_than_they_may()
    {
        await using var farm = await LoginFarm.StartAsync();
        var who = LoginFarm.Who(Right.RoleManage, "job:*", "agent:power@labs");

        foreach (string right in new[] { "*", "*:*", "*:read", "worker:read", "agent:power", "agent:power@cellar", "role:*" })
            Assert.Equal((right, EstateCode.Denied), (right, (await farm.Roles.PutAsync(who, new RoleFacts("night", "", ["job:read", right], false), Cancellation)).Code));
        Assert.Equal(EstateCode.Done, (await farm.Roles.PutAsync(who, new RoleFacts("night", "", ["job:*", "job:read@labs", "agent:power@LABS", "role:manage"], false), Cancellation)).Code);
        // A right of one group alone is not enough for a role that holds in every group.
        Assert.Equal(EstateCode.Denied, (await farm.Roles.PutAsync(who, new RoleFacts("crew", "", ["agent:power"], true), Cancellation)).Code);
    }

    [Fact]
    public async Task A_role_changes_from_the_revision_that_was_read_and_not_its_kind()
    {
        await using var farm = await LoginFarm.StartAsync();
        var night = new RoleFacts("night", "", ["job:read"], OfGroups: false);
        await farm.Roles.PutAsync(Superuser, night, Cancellation);

        Assert.Equal(EstateCode.NameTaken, (await farm.Roles.PutAsync(Superuser, night, Cancellation)).Code);
        Assert.Equal(EstateCode.InvalidRole, (await farm.Roles.PutAsync(Superuser, night with { OfGroups = true, Revision = 1 }, Cancellation)).Code);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => farm.Roles.PutAsync(Superuser, night with { Description = $"{i}", Revision = 1 }, Cancellation))));
        Assert.Single(answers, a => a.Code == EstateCode.Done);
        Assert.Equal(3, answers.Count(a => a.Code == EstateCode.Outdated));
    }

    [Fact]
    public async Task Without_the_rights_nothing_is_seen_or_changed()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.Store.EnsureBuiltInRolesAsync(BuiltInRoles.All, Actor.Farm, Cancellation);
        var nobody = LoginFarm.Who("job:*", "role:list@labs");

        Assert.Null(await farm.Roles.ListAsync(nobody, Cancellation));
        Assert.Equal(EstateCode.Denied, (await farm.Roles.PutAsync(nobody, new RoleFacts("night", "", ["job:read"], false), Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Roles.RemoveAsync(nobody, "operator", Cancellation)).Code);
        Assert.Equal(EstateCode.BuiltIn, (await farm.Roles.RemoveAsync(Superuser, "operator", Cancellation)).Code);
        Assert.Equal(BuiltInRoles.All.Length, (await farm.Roles.ListAsync(LoginFarm.Who(Right.RoleList), Cancellation))!.Value.Length);
        Assert.Equal(["role.list", "role.put", "role.delete", "role.delete"], (await RefusedAsync(farm)).Select(r => r.Action));
    }

    private static async Task<List<(string Action, string Reason)>> RefusedAsync(LoginFarm farm) =>
        [.. (await farm.Store.ReadJournalAsync(0, 1000, Cancellation)).Where(e => e.Kind == "estate.refused").Select(e => System.Text.Json.Nodes.JsonNode.Parse(e.Data)!)
            .Select(d => ($"{d["action"]}", $"{d["reason"]}"))];
}
