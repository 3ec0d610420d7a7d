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

        Assert.Equal(["lab"], Assert.IsType<AccountChange.OwnsGroups>(await Store.RemoveAccountAsync(mira, null, Someone, Cancellation)).Groups);
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
