using System.Collections.Immutable;
using System.Text;
using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Accounts;

public sealed class GroupDeskTests
{
    private static readonly Caller Superuser = LoginFarm.Who(Right.All);
    private static readonly Caller Helper = LoginFarm.Who(Right.GroupUpdate, Right.GroupCreate, Right.GroupDelete);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_makes_a_group_owns_it_unless_another_is_named()
    {
        await using var farm = await StartAsync();
        await farm.Store.SaveRoleAsync(new StoredRole("founder", RoleScope.Farm, "", [Right.GroupCreate]), Actor.Farm, Cancellation);
        await farm.ChangeAsync("mira", a => a with { Roles = ["founder"] });
        var mira = await farm.InAsync("mira");

        var own = await farm.Groups.CreateAsync(mira, new NewGroup("Lab machines", "Third floor", Members: ["noor", "omar=viewer"]) { AgentConfig = "x"u8.ToArray() }, Cancellation);
        var other = await farm.Groups.CreateAsync(Helper, new NewGroup("cellar", Owner: "noor"), Cancellation);
        var nobodys = await farm.Groups.CreateAsync(Helper, new NewGroup("attic"), Cancellation);

        Assert.Equal((EstateCode.Done, EstateCode.Done, EstateCode.UnknownUser), (own.Code, other.Code, nobodys.Code));
        var made = (await farm.Groups.FindAsync(Superuser, own.Id, Cancellation))!;
        Assert.Equal(("Lab machines", "Third floor", "mira", 1, "x"), (made.Name, made.Description, made.Owner, made.Revision, Encoding.UTF8.GetString(made.AgentConfig.Span)));
        Assert.Equal([new("noor", "member"), new GroupFacts.Member("omar", "viewer")], made.Members);
        Assert.Equal("noor", (await farm.Groups.FindAsync(Superuser, "CELLAR", Cancellation))!.Owner);
    }

    [Theory]
    [InlineData("lab", "", "", EstateCode.InvalidName)]
    [InlineData(" labs", "", "", EstateCode.InvalidName)]
    [InlineData("labs\n", "", "", EstateCode.InvalidName)]
    [InlineData("läbs", "", "", EstateCode.InvalidName)]
    [InlineData("MACHINES", "", "", EstateCode.NameTaken)]
    [InlineData("labs", "ghost", "", EstateCode.UnknownUser)]
    [InlineData("labs", "gho\0st", "", EstateCode.UnknownUser)]
    [InlineData("labs", "mira", "ghost", EstateCode.UnknownUser)]
    [InlineData("labs", "mira", "no name at all", EstateCode.UnknownUser)]
    [InlineData("labs", "mira", "noor=ghost", EstateCode.InvalidRole)]
    [InlineData("labs", "mira", "noor=owner", EstateCode.InvalidRole)]
    [InlineData("labs", "mira", "noor=user", EstateCode.InvalidRole)]
    public async Task Each_rule_for_new_groups_has_its_code_and_makes_none(string name, string owner, string member, EstateCode code)
    {
        await using var farm = await StartAsync();
        await farm.Store.CreateGroupAsync(new StoredGroup("1", "machines", "", [new("mira", "owner")]), Actor.Farm, Cancellation);

        var answer = await farm.Groups.CreateAsync(Superuser, new NewGroup(name, "", owner.Length == 0 ? "mira" : owner, member.Length == 0 ? [] : [member]), Cancellation);

        Assert.Equal(code, answer.Code);
        Assert.NotEmpty(answer.Detail);
        Assert.DoesNotContain(answer.Detail, char.IsControl);
        Assert.Equal("machines", Assert.Single(await farm.Store.ListGroupsAsync(Cancellation)).Name);
    }

    [Fact]
    public async Task Texts_of_a_group_have_bounds()
    {
        await using var farm = await StartAsync();

        foreach (string text in new[] { "two\nlines", new string('x', 501) })
            Assert.Equal(EstateCode.InvalidConfig, (await farm.Groups.CreateAsync(Superuser, new NewGroup("labs", text, "mira"), Cancellation)).Code);
        Assert.Equal(EstateCode.InvalidConfig, (await farm.Groups.CreateAsync(Superuser, new NewGroup("labs", "", "mira") { AgentConfig = new byte[64 * 1024 + 1] }, Cancellation)).Code);
        Assert.Equal(EstateCode.InvalidConfig, (await farm.Groups.UpdateAsync(
            Superuser, new GroupEdit(await LabsAsync(farm)) { AddMembers = [.. Enumerable.Range(0, 1001).Select(i => $"user{i}")] }, Cancellation)).Code);
    }

    [Fact]
    public async Task The_owner_changes_the_group_and_a_member_does_not()
    {
        await using var farm = await StartAsync();
        string id = await LabsAsync(farm);
        Caller mira = await farm.InAsync("mira"), noor = await farm.InAsync("noor"), omar = await farm.InAsync("omar");

        Assert.Equal(EstateCode.Denied, (await farm.Groups.UpdateAsync(noor, new GroupEdit("labs") { Description = "mine" }, Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Groups.RemoveAsync(noor, "labs", "", 0, Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await farm.Groups.UpdateAsync(mira, new GroupEdit("LABS") { NewName = "laboratory", Description = "ours", AddMembers = ["omar"], RemoveMembers = ["noor"] }, Cancellation)).Code);

        var found = (await farm.Groups.FindAsync(await farm.InAsync("mira"), id, Cancellation))!;
        Assert.Equal(("laboratory", "ours", 2), (found.Name, found.Description, found.Revision));
        Assert.Equal([new GroupFacts.Member("omar", "member")], found.Members);
        Assert.Equal(EstateCode.Done, (await farm.Groups.RemoveAsync(await farm.InAsync("mira"), "laboratory", "", 2, Cancellation)).Code);
        Assert.Null(await farm.Groups.FindAsync(omar, id, Cancellation));
    }

    [Fact]
    public async Task A_group_is_given_away_by_its_owner_and_has_one_at_every_moment()
    {
        await using var farm = await StartAsync();
        await LabsAsync(farm);
        var mira = await farm.InAsync("mira");

        Assert.Equal(EstateCode.Denied, (await farm.Groups.UpdateAsync(Helper, new GroupEdit("labs") { NewOwner = "noor" }, Cancellation)).Code);
        Assert.Equal(EstateCode.InvalidState, (await farm.Groups.UpdateAsync(mira, new GroupEdit("labs") { RemoveMembers = ["mira"] }, Cancellation)).Code);
        Assert.Equal(EstateCode.InvalidState, (await farm.Groups.UpdateAsync(mira, new GroupEdit("labs") { AddMembers = ["mira=viewer"] }, Cancellation)).Code);
        Assert.Equal(EstateCode.InvalidRole, (await farm.Groups.UpdateAsync(mira, new GroupEdit("labs") { AddMembers = ["noor=owner"] }, Cancellation)).Code);
        Assert.Equal(EstateCode.UnknownUser, (await farm.Groups.UpdateAsync(mira, new GroupEdit("labs") { NewOwner = "ghost" }, Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await farm.Groups.UpdateAsync(mira, new GroupEdit("labs") { NewOwner = "noor" }, Cancellation)).Code);

        var labs = (await farm.Groups.FindAsync(Superuser, "labs", Cancellation))!;
        Assert.Equal("noor", labs.Owner);
        Assert.Equal([new GroupFacts.Member("mira", "member")], labs.Members);
        Assert.Equal(EstateCode.Denied, (await farm.Groups.UpdateAsync(await farm.InAsync("mira"), new GroupEdit("labs") { Description = "" }, Cancellation)).Code);
    }

    [Fact]
    public async Task Nobody_gives_a_role_within_a_group_that_does_more_than_they_may_there()
    {
        await using var farm = await StartAsync();
        await LabsAsync(farm);
        await farm.Store.SaveRoleAsync(new StoredRole("guide", RoleScope.Group, "", [Right.GroupUpdate, Right.GroupList]), Actor.Farm, Cancellation);
        var guide = LoginFarm.Who($"{Right.GroupUpdate}@labs", $"{Right.GroupList}@labs");

        Assert.Equal(EstateCode.Denied, (await farm.Groups.UpdateAsync(guide, new GroupEdit("labs") { AddMembers = ["omar"] }, Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await farm.Groups.UpdateAsync(guide, new GroupEdit("labs") { AddMembers = ["omar=guide"] }, Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Groups.UpdateAsync(guide, new GroupEdit("labs") { NewOwner = "omar" }, Cancellation)).Code);
    }

    [Fact]
    public async Task Who_does_not_belong_to_a_group_does_not_learn_that_it_exists()
    {
        await using var farm = await StartAsync();
        string id = await LabsAsync(farm);
        var omar = await farm.InAsync("omar");

        Assert.Equal(await farm.Groups.UpdateAsync(omar, new GroupEdit("labs") { Description = "" }, Cancellation), await farm.Groups.UpdateAsync(omar, new GroupEdit("ghost") { Description = "" }, Cancellation));
        Assert.Equal(await farm.Groups.RemoveAsync(omar, id, "", 0, Cancellation), await farm.Groups.RemoveAsync(omar, $"{Guid.NewGuid()}", "", 0, Cancellation));
        Assert.Empty((await farm.Groups.ListAsync(omar, "", "", 10, Cancellation)).Items);
        Assert.Null(await farm.Groups.FindAsync(omar, "labs", Cancellation));
        Assert.Equal(EstateCode.NotFound, (await farm.Groups.UpdateAsync(LoginFarm.Who(Right.GroupList), new GroupEdit("ghost"), Cancellation)).Code);
        Assert.Equal(["labs"], (await farm.Groups.ListAsync(await farm.InAsync("noor"), "LA", "", 10, Cancellation)).Items.Select(g => g.Name));
    }

    [Fact]
    public async Task A_group_with_agents_goes_when_another_one_takes_them()
    {
        await using var farm = await StartAsync();
        string id = await LabsAsync(farm);
        await farm.Store.CreateGroupAsync(new StoredGroup("2", "cellar", "", [new("noor", "owner")]), Actor.Farm, Cancellation);
        await farm.Store.SaveEnrolmentKeyAsync(
            new StoredEnrolmentKey("key", LoginFarm.HashOf("secret"), id, DateTimeOffset.MaxValue) { MaxUses = 1 }, Actor.Farm, Cancellation);
        var enrolment = new Enrolment(LoginFarm.HashOf("secret"), LoginFarm.HashOf("machine"), $"{Guid.NewGuid()}", new WorkerName("mill"), System.Net.IPAddress.Loopback);
        var joined = Assert.IsType<EnrolmentResult.Joined>(await farm.Store.EnrolAgentAsync(enrolment, Cancellation));
        farm.Agents[id] = 3;
        var mira = await farm.InAsync("mira");

        Assert.Equal(3, (await farm.Groups.FindAsync(mira, "labs", Cancellation))!.Agents);
        Assert.Equal(EstateCode.NotEmpty, (await farm.Groups.RemoveAsync(mira, "labs", "", 0, Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Groups.RemoveAsync(mira, "labs", "cellar", 0, Cancellation)).Code);
        Assert.Equal(EstateCode.UnknownGroup, (await farm.Groups.RemoveAsync(Superuser, "labs", "ghost", 0, Cancellation)).Code);
        Assert.Equal(EstateCode.UnknownGroup, (await farm.Groups.RemoveAsync(Superuser, "labs", "labs", 0, Cancellation)).Code);
        Assert.Equal(id, (await farm.Store.FindAgentAsync(joined.Agent.Uuid, Cancellation))!.Team);
        Assert.Equal(EstateCode.Done, (await farm.Groups.RemoveAsync(Superuser, "labs", "cellar", 0, Cancellation)).Code);
        Assert.Equal("cellar", (await farm.Store.FindAgentAsync(joined.Agent.Uuid, Cancellation))!.Group);
    }

    [Fact]
    public async Task Of_two_who_change_a_group_at_once_one_wins_and_nothing_is_half_done()
    {
        await using var farm = await StartAsync();
        await LabsAsync(farm);

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => farm.Groups.UpdateAsync(
            Superuser, new GroupEdit("labs") { Description = $"by {i}", AddMembers = i % 2 == 0 ? ["omar"] : [], RemoveMembers = i % 2 == 0 ? [] : ["noor"], ExpectedRevision = 1 }, Cancellation))));

        int winner = Array.FindIndex(answers, a => a.Code == EstateCode.Done);
        Assert.Equal(5, answers.Count(a => a.Code == EstateCode.Outdated));
        var labs = (await farm.Groups.FindAsync(Superuser, "labs", Cancellation))!;
        Assert.Equal(($"by {winner}", 2), (labs.Description, labs.Revision));
        Assert.Equal(winner % 2 == 0 ? ["noor", "omar"] : ImmutableArray<string>.Empty, labs.Members.Select(m => m.User));
        Assert.Equal(EstateCode.Outdated, (await farm.Groups.RemoveAsync(Superuser, "labs", "", 1, Cancellation)).Code);
    }

    private static async Task<LoginFarm> StartAsync()
    {
        var farm = await LoginFarm.StartAsync();
        await farm.Store.EnsureBuiltInRolesAsync(BuiltInRoles.All, Actor.Farm, Cancellation);
        foreach (string name in new[] { "mira", "noor", "omar" }) await farm.CreateAsync(name, a => a with { Roles = [] });
        return farm;
    }

    private static async Task<string> LabsAsync(LoginFarm farm)
    {
        await farm.Store.CreateGroupAsync(new StoredGroup($"{Guid.NewGuid()}", "labs", "", [new("mira", "owner"), new("noor", "member")]), Actor.Farm, Cancellation);
        return (await farm.Store.FindGroupAsync("labs", Cancellation))!.Id;
    }
}
