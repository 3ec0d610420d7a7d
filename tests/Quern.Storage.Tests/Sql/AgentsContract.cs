using System.Net;
using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

/// <summary>Enrolment keys, agents and their certificates.</summary>
public abstract class AgentsContract(ITestDatabase database) : StoreContract(database)
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.7");
    private string _group = "";

    [Fact]
    public async Task A_key_lets_one_machine_in_and_is_used_up_by_it()
    {
        await KeyAsync("secret");

        var agent = Joined(await EnrolAsync("secret", "machine", "mill"));

        Assert.Equal(("mill", AgentState.Active, "labs", 2), (agent.Worker.Value, agent.State, agent.Group, agent.Slots));
        Assert.Equal(["big"], agent.Tags);
        Assert.Equal("the key is used up", Refused(await EnrolAsync("secret", "another", "mill")));
        Assert.Equal("no such key", Refused(await EnrolAsync("guessed", "machine", "mill")));
        var found = (await Store.FindAgentAsync(agent.Uuid, Cancellation))!;
        Assert.Equal(agent with { Tags = [] }, found with { Tags = [] });
        Assert.Equal(agent.Tags, found.Tags);
        var account = (await Store.ListWorkersAsync(Cancellation)).Single();
        Assert.Equal((new WorkerName("mill"), 2, true, WorkerAccount.OfAgent, ""), (account.Name, account.Slots, account.Enabled, account.Origin, account.PasswordMd5));
        var refused = (await Store.FindLastEventAsync("agent.refused", Cancellation))!;
        Assert.Equal(("", "stranger", "192.0.2.7"), (refused.Subject, refused.Actor, JsonNode.Parse(refused.Data)!["address"]!.ToString()));
        foreach (var e in await Store.ReadJournalAsync(0, 1000, Cancellation))
            Assert.DoesNotContain(HashOf("secret").Hex, e.Data + e.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_machine_may_ask_again_and_uses_up_nothing()
    {
        await KeyAsync("secret");
        var agent = Joined(await EnrolAsync("secret", "machine", "mill"));

        Assert.Equal(agent.Uuid, Joined(await EnrolAsync("secret", "machine", "other name")).Uuid);

        Assert.Single(await Store.ListAgentsAsync(Cancellation));
        Assert.Equal(0, (await Store.ListEnrolmentKeysAsync(Cancellation)).Single().UsesLeft);
    }

    [Fact]
    public async Task Two_machines_with_the_last_use_of_a_key_at_once_are_one_agent()
    {
        await KeyAsync("secret", k => k with { MaxUses = 2 });
        Joined(await EnrolAsync("secret", "first", "first"));

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => EnrolAsync("secret", $"machine {i}", "mill")));

        Assert.Single(results.OfType<EnrolmentResult.Joined>());
        Assert.Equal(2, (await Store.ListAgentsAsync(Cancellation)).Length);
    }

    [Fact]
    public async Task A_key_that_is_over_revoked_or_for_elsewhere_lets_nobody_in()
    {
        await KeyAsync("over", k => k with { ExpiresAt = Time.GetUtcNow() + TimeSpan.FromMinutes(1) });
        await KeyAsync("revoked");
        await KeyAsync("elsewhere", k => k with { Networks = ["10.0.0.0/8", "2001:db8::/32"] });
        Assert.True(await Store.RevokeEnrolmentKeyAsync("id-revoked", Someone, Cancellation));
        Assert.False(await Store.RevokeEnrolmentKeyAsync("id-revoked", Someone, Cancellation));
        Assert.False(await Store.RevokeEnrolmentKeyAsync("nothing", Someone, Cancellation));
        Assert.Equal(3, (await Store.ListEnrolmentKeysAsync(Cancellation)).Length);
        Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("the key is over", Refused(await EnrolAsync("over", "machine", "mill")));
        Assert.Equal("the key was revoked", Refused(await EnrolAsync("revoked", "machine", "mill")));
        Assert.Equal("the key is not for this network", Refused(await EnrolAsync("elsewhere", "machine", "mill")));
        Joined(await EnrolAsync("elsewhere", "machine", "mill", IPAddress.Parse("::ffff:10.1.2.3")));
        Assert.Equal("id-elsewhere", (await Store.FindLastEventAsync("agent.refused", Cancellation))!.Subject);
        Time.Advance(TimeSpan.FromDays(92));
        await KeyAsync("new");
        Assert.Equal(["id-new"], (await Store.ListEnrolmentKeysAsync(Cancellation)).Select(k => k.Id));
    }

    [Fact]
    public async Task A_name_that_somebody_has_gets_a_number()
    {
        await Store.UpsertWorkerAsync(new WorkerAccount(new WorkerName("mill"), 1, HashOf("pw"), true, "file"), Someone, Cancellation);
        await KeyAsync("secret", k => k with { MaxUses = 10 });

        Assert.Equal("mill-2", Joined(await EnrolAsync("secret", "a", "mill")).Worker.Value);
        Assert.Equal("mill-3", Joined(await EnrolAsync("secret", "b", "mill")).Worker.Value);
        Assert.Equal("agent-1", Joined(await EnrolAsync("secret", "c", null)).Worker.Value);
        Assert.Equal("agent-2", Joined(await EnrolAsync("secret", "d", null)).Worker.Value);
        string longest = new('m', 128);
        Assert.Equal(longest, Joined(await EnrolAsync("secret", "e", longest)).Worker.Value);
        Assert.Equal(longest[..112] + "-2", Joined(await EnrolAsync("secret", "f", longest)).Worker.Value);
        var here = new Enrolment(HashOf("secret"), HashOf("g"), $"{Guid.NewGuid()}", new WorkerName("bench"), Here) { NamesTaken = ["bench"] };
        Assert.Equal("bench-2", Joined(await Store.EnrolAgentAsync(here, Cancellation)).Worker.Value);
    }

    [Fact]
    public async Task Who_waits_is_let_in_or_turned_away_also_when_the_key_is_over_by_then()
    {
        await KeyAsync("secret", k => k with { RequireApproval = true, MaxUses = 2, ExpiresAt = Time.GetUtcNow() + TimeSpan.FromMinutes(1) });
        var waits = Joined(await EnrolAsync("secret", "good", "mill"));
        var other = Joined(await EnrolAsync("secret", "bad", "mill"));
        Assert.Equal((AgentState.Pending, false), (waits.State, (await Store.ListWorkersAsync(Cancellation)).First().Enabled));
        Assert.False(await CertifyAsync(waits.Uuid, "AA"));
        Time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(AgentState.Pending, Joined(await EnrolAsync("secret", "good", "mill")).State);
        Assert.IsType<AgentChange.Saved>(await Store.ApproveAgentAsync(waits.Uuid, Someone, Cancellation));
        Assert.IsType<AgentChange.Saved>(await Store.RejectAgentAsync(other.Uuid, Someone, Cancellation));

        Assert.Equal(AgentState.Active, Joined(await EnrolAsync("secret", "good", "mill")).State);
        Assert.Equal("the agent was rejected", Refused(await EnrolAsync("secret", "bad", "mill")));
        Assert.True((await Store.ListWorkersAsync(Cancellation)).First().Enabled);
        Assert.True(await CertifyAsync(waits.Uuid, "AA"));
        // It has what it waited for; now the key's end counts.
        Assert.Equal("the key is over", Refused(await EnrolAsync("secret", "good", "mill")));
        Assert.Equal(new AgentChange.WrongState(AgentState.Active), await Store.ApproveAgentAsync(waits.Uuid, Someone, Cancellation));
        Assert.IsType<AgentChange.Saved>(await Store.ApproveAgentAsync(other.Uuid, Someone, Cancellation));
        Assert.IsType<AgentChange.NotFound>(await Store.ApproveAgentAsync("nobody", Someone, Cancellation));
    }

    [Fact]
    public async Task Certificates_stay_good_until_the_next_one_is_used()
    {
        await KeyAsync("secret");
        var agent = Joined(await EnrolAsync("secret", "machine", "mill"));
        Assert.True(await CertifyAsync(agent.Uuid, "AA"));
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await CertifyAsync(agent.Uuid, "BB"));

        await CameAsync(agent.Uuid, "AA");
        Assert.All(await Store.ListCertificatesAsync(agent.Uuid, Cancellation), c => Assert.Null(c.RevokedAt));
        await CameAsync(agent.Uuid, "BB");

        var certificates = await Store.ListCertificatesAsync(agent.Uuid, Cancellation);
        Assert.Equal([("AA", true), ("BB", false)], certificates.Select(c => (c.Serial, c.RevokedAt is not null)));
        var seen = (await Store.FindAgentAsync(agent.Uuid, Cancellation))!;
        Assert.Equal(("1.2.3", "linux-x64", "mill.lab", Time.GetUtcNow()), (seen.Version, seen.Platform, seen.Hostname, seen.LastSeenAt));
        Assert.Equal("agent.renewed", (await KindsAsync())[^1]);
    }

    [Fact]
    public async Task A_wish_to_renew_is_done_by_a_certificate_that_is_younger()
    {
        await KeyAsync("secret");
        var agent = Joined(await EnrolAsync("secret", "machine", "mill"));
        await CertifyAsync(agent.Uuid, "AA");
        Time.Advance(TimeSpan.FromMinutes(1));

        Assert.IsType<AgentChange.Saved>(await Store.AskRenewalAsync(agent.Uuid, Someone, Cancellation));
        await CameAsync(agent.Uuid, "AA");
        Assert.Equal(Time.GetUtcNow(), (await Store.FindAgentAsync(agent.Uuid, Cancellation))!.RenewalAskedAt);
        Time.Advance(TimeSpan.FromMinutes(1));
        await CertifyAsync(agent.Uuid, "BB");
        Assert.NotNull((await Store.FindAgentAsync(agent.Uuid, Cancellation))!.RenewalAskedAt);
        await CameAsync(agent.Uuid, "BB");

        Assert.Null((await Store.FindAgentAsync(agent.Uuid, Cancellation))!.RenewalAskedAt);
    }

    [Fact]
    public async Task An_agent_has_so_many_certificates_in_force_with_the_one_it_works_by_and_old_ones_are_forgotten()
    {
        await KeyAsync("secret");
        var agent = Joined(await EnrolAsync("secret", "machine", "mill"));

        for (int i = 0; i < 12; i++)
        {
            await CertifyAsync(agent.Uuid, $"{i:00}");
            Time.Advance(TimeSpan.FromMinutes(1));
        }
        var certificates = await Store.ListCertificatesAsync(agent.Uuid, Cancellation);
        Assert.Equal(["00", "05", "06", "07", "08", "09", "10", "11"], certificates.Where(c => c.RevokedAt is null).Select(c => c.Serial));

        Time.Advance(TimeSpan.FromDays(90));
        await CertifyAsync(agent.Uuid, "last");
        Assert.Equal(["last"], (await Store.ListCertificatesAsync("", Cancellation)).Select(c => c.Serial));
    }

    [Fact]
    public async Task A_revoked_agent_has_no_certificate_and_gets_none()
    {
        await KeyAsync("secret", k => k with { MaxUses = 5 });
        var agent = Joined(await EnrolAsync("secret", "machine", "mill"));
        await CertifyAsync(agent.Uuid, "AA");

        Assert.Equal(AgentState.Revoked, Assert.IsType<AgentChange.Saved>(await Store.RevokeAgentAsync(agent.Uuid, Someone, Cancellation)).After.State);

        Assert.NotNull((await Store.ListCertificatesAsync(agent.Uuid, Cancellation)).Single().RevokedAt);
        Assert.False(await CertifyAsync(agent.Uuid, "BB"));
        Assert.False((await Store.ListWorkersAsync(Cancellation)).Single().Enabled);
        Assert.Equal("the agent was revoked", Refused(await EnrolAsync("secret", "machine", "mill")));
        Assert.Equal(new AgentChange.WrongState(AgentState.Revoked), await Store.RevokeAgentAsync(agent.Uuid, Someone, Cancellation));
        Assert.Equal(new AgentChange.WrongState(AgentState.Revoked), await Store.AskRenewalAsync(agent.Uuid, Someone, Cancellation));

        Assert.IsType<AgentChange.Saved>(await Store.ForgetAgentAsync(agent.Uuid, Someone, Cancellation));
        Assert.Empty(await Store.ListWorkersAsync(Cancellation));
        Assert.Empty(await Store.ListCertificatesAsync("", Cancellation));
        Assert.Null(await Store.FindAgentAsync(agent.Uuid, Cancellation));
        Assert.Equal("mill", Joined(await EnrolAsync("secret", "machine", "mill")).Worker.Value);
    }

    [Fact]
    public async Task An_agent_is_renamed_to_what_nobody_is_called_and_drained()
    {
        await KeyAsync("secret", k => k with { MaxUses = 2 });
        var agent = Joined(await EnrolAsync("secret", "machine", "mill"));
        Joined(await EnrolAsync("secret", "another", "press"));

        Assert.IsType<AgentChange.NameTaken>(await Store.RenameAgentAsync(agent.Uuid, new WorkerName("press"), [], Someone, Cancellation));
        Assert.IsType<AgentChange.NameTaken>(await Store.RenameAgentAsync(agent.Uuid, new WorkerName("bench"), ["bench"], Someone, Cancellation));
        Assert.IsType<AgentChange.Saved>(await Store.RenameAgentAsync(agent.Uuid, new WorkerName("mill-a"), ["bench"], Someone, Cancellation));
        Assert.True(Assert.IsType<AgentChange.Saved>(await Store.DrainAgentAsync(agent.Uuid, true, Someone, Cancellation)).After.Drained);

        Assert.Equal(["mill-a", "press"], (await Store.ListWorkersAsync(Cancellation)).Select(w => w.Name.Value));
        var after = (await Store.FindAgentAsync(agent.Uuid, Cancellation))!;
        Assert.Equal(("mill-a", true, 2), (after.Worker.Value, after.Drained, after.Slots));
        long before = Store.LastSequence;
        await Store.DrainAgentAsync(agent.Uuid, true, Someone, Cancellation);
        Assert.Equal(before, Store.LastSequence);
    }

    [Fact]
    public async Task A_group_has_one_authority_and_keys_of_a_group_that_is_gone_let_nobody_in()
    {
        await KeyAsync("secret");
        var first = new StoredAuthority("1", _group, [1, 2, 3], "closed");

        Assert.Equal("1", (await Store.EnsureAuthorityAsync(first, Cancellation)).Id);
        var kept = await Store.EnsureAuthorityAsync(first with { Id = "2", Certificate = [4] }, Cancellation);
        Assert.Equal(("1", "closed", true), (kept.Id, kept.PrivateKey, kept.Certificate.SequenceEqual(first.Certificate)));
        Assert.DoesNotContain("closed", $"{kept}", StringComparison.Ordinal);
        Assert.Null(await Store.FindAuthorityAsync("other", Cancellation));

        await Store.RemoveGroupAsync(_group, Someone, Cancellation);
        Assert.Equal("the key's group is gone", Refused(await EnrolAsync("secret", "machine", "mill")));
        Assert.False(await Store.SaveEnrolmentKeyAsync(new StoredEnrolmentKey("x", HashOf("x"), _group, Time.GetUtcNow()), Someone, Cancellation));
        Assert.Single(await Store.ListAuthoritiesAsync(Cancellation));
    }

    [Fact]
    public async Task A_group_with_agents_goes_only_when_another_takes_them()
    {
        await KeyAsync("secret");
        var agent = Joined(await EnrolAsync("secret", "machine", "mill"));
        await Store.CreateGroupAsync(new StoredGroup("heir", "Millers", "", [new("mira", "owner")]), Someone, Cancellation);

        Assert.Equal(new AccountChange.HasAgents(1), await Store.RemoveGroupAsync(_group, Someone, Cancellation));
        Assert.Equal(new AccountChange.Unknown("nobody"), await Store.RemoveGroupAsync(_group, 0, "nobody", Someone, Cancellation));
        Assert.Equal("labs", (await Store.FindAgentAsync(agent.Uuid, Cancellation))!.Group);
        Assert.IsType<AccountChange.Removed>(await Store.RemoveGroupAsync(_group, 0, "heir", Someone, Cancellation));

        var moved = (await Store.FindAgentAsync(agent.Uuid, Cancellation))!;
        Assert.Equal(("heir", "Millers", AgentState.Active), (moved.Team, moved.Group, moved.State));
        var told = (await Store.FindLastEventAsync("agent.moved", Cancellation))!;
        Assert.Equal((agent.Uuid, "Millers"), (told.Subject, JsonNode.Parse(told.Data)!["group"]!.ToString()));
    }

    [Fact]
    public async Task What_an_agent_says_of_its_machine_is_kept_and_told_where_it_is_new()
    {
        await KeyAsync("secret");
        var agent = Joined(await EnrolAsync("secret", "machine", "mill"));
        await CameAsync(agent.Uuid, "none");
        Assert.Null((await Store.FindAgentAsync(agent.Uuid, Cancellation))!.ReportedAt);
        var says = new AgentSays("", "", "1.3.0") { Os = "linux", Processor = "x86_64", InstallFolder = "/opt/quern", BootAgent = true };
        async Task<int> ReportsAsync() => (await Store.ReadJournalAsync(0, 1000, Cancellation)).Count(e => e.Kind == "agent.reported");

        Assert.IsType<AgentChange.Saved>(await Store.SaveAgentReportAsync(agent.Uuid, says, "192.0.2.8", Cancellation));

        var found = (await Store.FindAgentAsync(agent.Uuid, Cancellation))!;
        Assert.Equal(("mill.lab", "linux-x64", "1.3.0", "192.0.2.8"), (found.Hostname, found.Platform, found.Version, found.Address));
        Assert.Equal(("linux", "x86_64", "/opt/quern", true, Time.GetUtcNow()), (found.Os, found.Processor, found.InstallFolder, found.BootAgent, found.ReportedAt));
        var told = (await Store.FindLastEventAsync("agent.reported", Cancellation))!;
        Assert.Equal((agent.Uuid, $"agent:{agent.Uuid}"), (told.Subject, told.Actor));
        Assert.Equal("/opt/quern", JsonNode.Parse(told.Data)!["install_folder"]!.ToString());

        Time.Advance(TimeSpan.FromHours(1));
        await Store.SaveAgentReportAsync(agent.Uuid, says, "192.0.2.8", Cancellation);
        Assert.Equal((1, Time.GetUtcNow()), (await ReportsAsync(), (await Store.FindAgentAsync(agent.Uuid, Cancellation))!.ReportedAt));
        await Store.SaveAgentReportAsync(agent.Uuid, says with { BootAgent = false }, "192.0.2.8", Cancellation);
        Assert.Equal((2, false), (await ReportsAsync(), (await Store.FindAgentAsync(agent.Uuid, Cancellation))!.BootAgent));
        Assert.IsType<AgentChange.NotFound>(await Store.SaveAgentReportAsync("nobody", says, "192.0.2.8", Cancellation));
    }

    private async Task KeyAsync(string secret, Func<StoredEnrolmentKey, StoredEnrolmentKey>? with = null)
    {
        if (_group.Length == 0)
        {
            _group = $"{Guid.NewGuid()}";
            await Store.EnsureBuiltInRolesAsync([new("owner", RoleScope.Group, "", ["*"]), new("user", RoleScope.Farm, "", [])], Actor.Farm, Cancellation);
            await Store.CreateAccountAsync(new StoredAccount { Id = "1", Name = "mira", Roles = ["user"] }, Someone, Cancellation);
            Assert.IsType<AccountChange.Saved>(
                await Store.CreateGroupAsync(new StoredGroup(_group, "labs", "", [new("mira", "owner")]), Someone, Cancellation));
        }
        var key = new StoredEnrolmentKey($"id-{secret}", HashOf(secret), _group, Time.GetUtcNow() + TimeSpan.FromDays(1)) { Tags = ["big"], Slots = 2 };
        Assert.True(await Store.SaveEnrolmentKeyAsync(with?.Invoke(key) ?? key, Someone, Cancellation));
    }

    private Task<EnrolmentResult> EnrolAsync(string secret, string machine, string? name, IPAddress? from = null) => Store.EnrolAgentAsync(
        new Enrolment(HashOf(secret), HashOf(machine), $"{Guid.NewGuid()}", WorkerName.TryParse(name, out var wanted) ? wanted : null, from ?? Here), Cancellation);

    private Task<bool> CertifyAsync(string uuid, string serial) =>
        Store.SaveCertificateAsync(new StoredCertificate(serial, uuid, "1", Time.GetUtcNow() + TimeSpan.FromDays(90)), "192.0.2.7", Cancellation);

    private Task CameAsync(string uuid, string serial) => Store.AgentCameAsync(uuid, serial, "1.2.3", "linux-x64", "mill.lab", "192.0.2.7:999", Cancellation);

    private static StoredAgent Joined(EnrolmentResult result) => Assert.IsType<EnrolmentResult.Joined>(result).Agent;

    private static string Refused(EnrolmentResult result) => Assert.IsType<EnrolmentResult.Refused>(result).Reason;
}
