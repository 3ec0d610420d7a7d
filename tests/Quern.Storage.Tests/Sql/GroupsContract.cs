using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

/// <summary>Groups, roles and tokens.</summary>
public abstract class GroupsContract(ITestDatabase database) : StoreContract(database)
{
    private static readonly ImmutableArray<StoredRole> Roles =
    [
        new("owner", RoleScope.Group, "Owns it", ["group:update", "group:list"]),
        new("viewer", RoleScope.Group, "Sees it", ["group:list"]),
        new("user", RoleScope.Farm, "Somebody", ["token:own"]),
    ];

    [Fact]
    public async Task A_group_has_one_owner_and_a_name_whatever_its_case()
    {
        await PeopleAsync("mira", "noor");

        Assert.Equal(new AccountChange.Saved(1), await Store.CreateGroupAsync(GroupOf("Lab machines", ("mira", "owner"), ("noor", "viewer")), Someone, Cancellation));
        Assert.IsType<AccountChange.NameTaken>(await Store.CreateGroupAsync(GroupOf("LAB MACHINES", ("noor", "owner")), Someone, Cancellation));
        Assert.IsType<AccountChange.NotOneOwner>(await Store.CreateGroupAsync(GroupOf("none", ("noor", "viewer")), Someone, Cancellation));
        Assert.IsType<AccountChange.NotOneOwner>(await Store.CreateGroupAsync(GroupOf("both", ("noor", "owner"), ("mira", "owner")), Someone, Cancellation));
        Assert.Equal(new AccountChange.Unknown("ghost"), await Store.CreateGroupAsync(GroupOf("ghosts", ("noor", "owner"), ("ghost", "viewer")), Someone, Cancellation));
        Assert.Equal(new AccountChange.Unknown("user"), await Store.CreateGroupAsync(GroupOf("wrong", ("noor", "owner"), ("mira", "user")), Someone, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.CreateGroupAsync(GroupOf("twice", ("noor", "owner"), ("noor", "viewer")), Someone, Cancellation));

        var found = (await Store.FindGroupAsync("lab MACHINES", Cancellation))!;
        Assert.Equal(("Lab machines", 1, Time.GetUtcNow()), (found.Name, found.Revision, found.CreatedAt));
        Assert.Equal([new GroupMember("mira", "owner"), new GroupMember("noor", "viewer")], found.Members);
        Assert.Equal(["Lab machines"], (await Store.ListGroupsAsync(Cancellation)).Select(g => g.Name));
    }

    [Fact]
    public async Task A_group_is_changed_from_its_newest_revision_and_removed_with_its_memberships()
    {
        await PeopleAsync("mira", "noor");
        await Store.CreateGroupAsync(GroupOf("lab", ("mira", "owner")), Someone, Cancellation);
        var read = (await Store.FindGroupAsync("lab", Cancellation))!;
        var changed = read with { Name = "Labs", Description = "all of them", Members = [new("noor", "owner"), new("mira", "viewer")] };

        Assert.Equal(new AccountChange.Saved(2), await Store.UpdateGroupAsync(changed, Someone, Cancellation));
        Assert.Equal(new AccountChange.Outdated(2), await Store.UpdateGroupAsync(read, Someone, Cancellation));
        var data = JsonNode.Parse((await Store.FindLastEventAsync("group.saved", Cancellation))!.Data)!;
        Assert.Equal(("owner", "viewer"), (data["before"]!["members"]!["mira"]!.ToString(), data["after"]!["members"]!["mira"]!.ToString()));
        Assert.Equal("all of them", (await Store.FindGroupAsync("labs", Cancellation))!.Description);

        Assert.IsType<AccountChange.Removed>(await Store.RemoveGroupAsync(read.Id, Someone, Cancellation));
        Assert.IsType<AccountChange.NotFound>(await Store.RemoveGroupAsync(read.Id, Someone, Cancellation));
        Assert.IsType<AccountChange.Removed>(await Store.RemoveAccountAsync((await Store.FindAccountAsync("noor", Cancellation))!.Id, null, Someone, Cancellation));
    }

    [Fact]
    public async Task Who_owns_a_group_goes_only_when_somebody_else_takes_it()
    {
        await PeopleAsync("mira", "noor");
        await Store.CreateGroupAsync(GroupOf("lab", ("mira", "owner"), ("noor", "viewer")), Someone, Cancellation);
        string mira = (await Store.FindAccountAsync("mira", Cancellation))!.Id;

        Assert.Equal(["group 'lab'"], Assert.IsType<AccountChange.OwnsResources>(await Store.RemoveAccountAsync(mira, null, Someone, Cancellation)).What);
        Assert.Equal(new AccountChange.Unknown("ghost"), await Store.RemoveAccountAsync(mira, "ghost", Someone, Cancellation));
        Assert.Equal(new AccountChange.Unknown("mira"), await Store.RemoveAccountAsync(mira, "mira", Someone, Cancellation));
        Assert.IsType<AccountChange.Removed>(await Store.RemoveAccountAsync(mira, "noor", Someone, Cancellation));

        var lab = (await Store.FindGroupAsync("lab", Cancellation))!;
        Assert.Equal([new GroupMember("noor", "owner")], lab.Members);
        Assert.Equal(2, lab.Revision);
    }

    [Fact]
    public async Task Roles_of_ones_own_come_and_go_and_those_of_the_program_stay()
    {
        var mine = new StoredRole("night shift", RoleScope.Farm, "At night", ["job:cancel"]);

        Assert.Equal(new AccountChange.Saved(1), await Store.SaveRoleAsync(mine, Someone, Cancellation));
        Assert.IsType<AccountChange.NameTaken>(await Store.SaveRoleAsync(mine, Someone, Cancellation));
        Assert.Equal(new AccountChange.Saved(2), await Store.SaveRoleAsync(mine with { Revision = 1, Rights = ["job:read"] }, Someone, Cancellation));
        Assert.Equal(new AccountChange.Outdated(2), await Store.SaveRoleAsync(mine with { Revision = 1 }, Someone, Cancellation));
        Assert.IsType<AccountChange.NotFound>(await Store.SaveRoleAsync(mine with { Name = "other", Revision = 1 }, Someone, Cancellation));
        Assert.IsType<AccountChange.Unknown>(await Store.SaveRoleAsync(mine with { Scope = RoleScope.Group, Revision = 2 }, Someone, Cancellation));
        Assert.IsType<AccountChange.BuiltIn>(await Store.SaveRoleAsync(new StoredRole("superuser", RoleScope.Farm, "", [], Revision: 1), Someone, Cancellation));
        Assert.IsType<AccountChange.BuiltIn>(await Store.RemoveRoleAsync("superuser", Someone, Cancellation));

        await Store.CreateAccountAsync(new StoredAccount { Id = "1", Name = "mira", Roles = ["night shift"] }, Someone, Cancellation);
        Assert.Equal(new AccountChange.InUse(1), await Store.RemoveRoleAsync("night shift", Someone, Cancellation));
        await Store.RemoveAccountAsync("1", null, Someone, Cancellation);
        Assert.IsType<AccountChange.Removed>(await Store.RemoveRoleAsync("night shift", Someone, Cancellation));
        Assert.IsType<AccountChange.NotFound>(await Store.RemoveRoleAsync("night shift", Someone, Cancellation));
        Assert.Equal(["superuser"], (await Store.ListRolesAsync(Cancellation)).Select(r => r.Name));
    }

    [Fact]
    public async Task Roles_of_the_program_are_brought_to_this_version_and_written_only_when_they_differ()
    {
        await Store.EnsureBuiltInRolesAsync(Roles, Actor.Farm, Cancellation);
        long before = Store.LastSequence;

        await Store.EnsureBuiltInRolesAsync(Roles, Actor.Farm, Cancellation);
        Assert.Equal(before, Store.LastSequence);
        await Store.EnsureBuiltInRolesAsync([Roles[2] with { Rights = ["token:own", "user:list"] }], Actor.Farm, Cancellation);

        var user = (await Store.ListRolesAsync(Cancellation)).Single(r => r.Name == "user");
        Assert.Equal(["token:own", "user:list"], user.Rights);
        Assert.Equal((true, 2), (user.BuiltIn, user.Revision));
    }

    [Fact]
    public async Task A_token_is_found_by_its_secret_with_what_its_account_may_at_that_moment()
    {
        await PeopleAsync("mira");
        var mira = (await Store.FindAccountAsync("mira", Cancellation))!;
        await Store.CreateGroupAsync(GroupOf("lab", ("mira", "owner")), Someone, Cancellation);
        var token = TokenOf("secret", mira) with { Name = "deploy", IdleTime = TimeSpan.FromMinutes(15), IdleUntil = Time.GetUtcNow() + TimeSpan.FromMinutes(15) };

        Assert.True(await Store.SaveTokenAsync(token, Someone, Cancellation));

        var bearer = (await Store.FindBearerAsync(HashOf("secret"), Cancellation))!;
        Assert.Equal(token, bearer.Token);
        Assert.Equal(["token:own"], bearer.FarmRights);
        Assert.Equal([("lab", "group:update"), ("lab", "group:list")], bearer.GroupRights);
        await Store.UpdateAccountAsync(mira with { Roles = ["superuser", "user"] }, Someone, null, Cancellation);
        Assert.Contains("*", (await Store.FindBearerAsync(HashOf("secret"), Cancellation))!.FarmRights);
        var issued = (await Store.FindLastEventAsync("token.issued", Cancellation))!;
        Assert.Equal(("user:mira", Someone.Name), (issued.Subject, issued.Actor));
        Assert.DoesNotContain(HashOf("secret").Hex, issued.Data, StringComparison.Ordinal);
        Assert.Null(await Store.FindBearerAsync(HashOf("another"), Cancellation));
    }

    [Fact]
    public async Task A_token_is_listed_until_it_is_over_or_revoked()
    {
        await PeopleAsync("mira");
        var mira = (await Store.FindAccountAsync("mira", Cancellation))!;
        var now = Time.GetUtcNow();
        await Store.SaveTokenAsync(TokenOf("lasting", mira), Someone, Cancellation);
        await Store.SaveTokenAsync(TokenOf("ends", mira) with { ExpiresAt = now + TimeSpan.FromMinutes(5) }, Someone, Cancellation);
        await Store.SaveTokenAsync(TokenOf("idle", mira) with { IdleTime = TimeSpan.FromMinutes(1), IdleUntil = now + TimeSpan.FromMinutes(1) }, Someone, Cancellation);
        await Store.SaveTokenAsync(new StoredToken(HashOf("farm"), "owner", """["*"]""", now, null), Someone, Cancellation);
        Assert.Equal((3, 4), ((await Store.ListTokensAsync(mira.Id, Cancellation)).Length, (await Store.ListTokensAsync(null, Cancellation)).Length));

        await Store.TouchTokenAsync(HashOf("idle"), now, now + TimeSpan.FromMinutes(7), Cancellation);
        Time.Advance(TimeSpan.FromMinutes(6));
        var left = await Store.ListTokensAsync(mira.Id, Cancellation);
        Assert.Equal([HashOf("idle"), HashOf("lasting")], left.Select(t => t.SecretSha256).OrderBy(h => h == HashOf("lasting")));
        Assert.Equal(now, left.Single(t => t.IdleTime is not null).LastUsedAt);
        Assert.Equal(1, await Store.ForgetOldTokensAsync(Cancellation));

        string id = HashOf("lasting").Hex[..16];
        Assert.NotNull(await Store.FindTokenAsync(id, Cancellation));
        Assert.True(await Store.RevokeTokenAsync(id, Someone, Cancellation));
        Assert.False(await Store.RevokeTokenAsync(id, Someone, Cancellation));
        Assert.Null(await Store.FindTokenAsync(id, Cancellation));
        Assert.Equal("token.revoked", (await KindsAsync())[^1]);
    }

    [Fact]
    public async Task A_session_knows_where_it_came_from_and_a_token_where_it_is_good()
    {
        await PeopleAsync("mira");
        var mira = (await Store.FindAccountAsync("mira", Cancellation))!;
        await Store.SaveTokenAsync(TokenOf("session", mira) with { Kind = TokenKind.Session, Address = "2001:db8::1", Product = "quern/1.0" }, Someone, Cancellation);
        await Store.SaveTokenAsync(TokenOf("token", mira) with { Networks = ["192.0.2.0/24", "2001:db8::/32"] }, Someone, Cancellation);

        var tokens = await Store.ListTokensAsync(mira.Id, Cancellation);

        var session = tokens.Single(t => t.Kind == TokenKind.Session);
        Assert.Equal(("2001:db8::1", "quern/1.0"), (session.Address, session.Product));
        Assert.Empty(session.Networks);
        Assert.Equal(["192.0.2.0/24", "2001:db8::/32"], tokens.Single(t => t.Kind == TokenKind.Api).Networks);
        Assert.Contains("192.0.2.0/24 2001:db8::/32", (await Store.FindLastEventAsync("token.issued", Cancellation))!.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_group_keeps_what_its_agents_are_built_with_and_tells_the_journal_only_that_it_changed()
    {
        await PeopleAsync("mira");
        await Store.CreateGroupAsync(GroupOf("lab", ("mira", "owner")) with { AgentConfig = "c2VjcmV0" }, Someone, Cancellation);
        var read = (await Store.FindGroupAsync("lab", Cancellation))!;
        Assert.Equal("c2VjcmV0", read.AgentConfig);

        await Store.UpdateGroupAsync(read with { AgentConfig = "b3RoZXI=" }, Someone, Cancellation);

        Assert.Equal("b3RoZXI=", (await Store.FindGroupByIdAsync(read.Id, Cancellation))!.AgentConfig);
        var data = (await Store.FindLastEventAsync("group.saved", Cancellation))!.Data;
        Assert.True(JsonNode.Parse(data)!["agent_config_changed"]!.GetValue<bool>());
        Assert.DoesNotContain("b3RoZXI=", data, StringComparison.Ordinal);
        Assert.Null(await Store.FindGroupByIdAsync("lab", Cancellation));
    }

    [Fact]
    public async Task What_was_read_at_an_older_revision_is_not_removed()
    {
        await PeopleAsync("mira", "noor");
        await Store.CreateGroupAsync(GroupOf("lab", ("mira", "owner")), Someone, Cancellation);
        var lab = (await Store.FindGroupAsync("lab", Cancellation))!;
        var noor = (await Store.FindAccountAsync("noor", Cancellation))!;
        await Store.UpdateGroupAsync(lab with { Description = "other" }, Someone, Cancellation);
        await Store.UpdateAccountAsync(noor with { Phone = "+49301234567" }, Someone, null, Cancellation);

        Assert.Equal(new AccountChange.Outdated(2), await Store.RemoveGroupAsync(lab.Id, 1, null, Someone, Cancellation));
        Assert.Equal(new AccountChange.Outdated(2), await Store.RemoveAccountAsync(noor.Id, 1, null, Someone, Cancellation));
        Assert.IsType<AccountChange.Removed>(await Store.RemoveGroupAsync(lab.Id, 2, null, Someone, Cancellation));
        Assert.IsType<AccountChange.Removed>(await Store.RemoveAccountAsync(noor.Id, 2, null, Someone, Cancellation));
    }

    [Fact]
    public async Task What_an_account_may_comes_from_its_roles_and_its_groups()
    {
        await PeopleAsync("mira");
        await Store.CreateGroupAsync(GroupOf("lab", ("mira", "owner")), Someone, Cancellation);

        var (farm, groups) = await Store.RightsOfAsync((await Store.FindAccountAsync("mira", Cancellation))!.Id, Cancellation);

        Assert.Equal(["token:own"], farm);
        Assert.Equal([("lab", "group:update"), ("lab", "group:list")], groups);
        Assert.Equal("Sees it", (await Store.FindRoleAsync("viewer", Cancellation))!.Description);
        Assert.Null(await Store.FindRoleAsync("ghost", Cancellation));
    }

    [Fact]
    public async Task Accounts_are_listed_by_what_their_names_begin_with()
    {
        await PeopleAsync("anna", "mira", "mirza", "noor");

        Assert.Equal(["mira", "mirza"], (await Store.ListAccountsAsync("mir", "", 10, Cancellation)).Select(a => a.Name));
        Assert.Equal(["mirza"], (await Store.ListAccountsAsync("mir", "mira", 10, Cancellation)).Select(a => a.Name));
        Assert.Equal(["anna"], (await Store.ListAccountsAsync("", "", 1, Cancellation)).Select(a => a.Name));
        Assert.Empty(await Store.ListAccountsAsync("z", "", 10, Cancellation));
    }

    private async Task PeopleAsync(params string[] names)
    {
        await Store.EnsureBuiltInRolesAsync(Roles, Actor.Farm, Cancellation);
        foreach (string name in names)
            await Store.CreateAccountAsync(new StoredAccount { Id = $"{Guid.NewGuid()}", Name = name, Roles = ["user"] }, Someone, Cancellation);
    }

    private static StoredGroup GroupOf(string name, params (string Account, string Role)[] members) =>
        new($"{Guid.NewGuid()}", name, "", [.. members.Select(m => new GroupMember(m.Account, m.Role))]);

    private StoredToken TokenOf(string secret, StoredAccount account) =>
        new(HashOf(secret), $"user:{account.Name}", """["*"]""", Time.GetUtcNow(), null) { Account = account.Id, Kind = TokenKind.Api };
}
