using System.Net;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Admin;
using Quern.Peers.Estate;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>What one peer takes of what all have together: places, memory, the farm's attention.</summary>
public sealed class AdminBoundsTests
{
    [Fact, Trait("CWE", "613")]
    public async Task An_agent_that_came_with_a_key_and_was_revoked_elsewhere_is_noticed_by_the_clock()
    {
        await using var talk = new AdminTalk();
        talk.Desks.Welcome = new AgentWelcome.Granted("u1", new byte[] { 1 }, [], DateTimeOffset.UnixEpoch);
        talk.Desks.Agents = [new AgentFacts("u1", "lab1", "labs")];
        var agent = await talk.OpenAsync("quern.v1");
        Assert.Equal("AUTH_SESSION_OK", await agent.AskAsync(new RQ_AuthSession { EnrolmentToken = "key", Csr = ByteString.CopyFrom(1) }));
        Assert.Equal("PING_OK", await agent.AskAsync(new RQ_Ping()));
        talk.Desks.Agents = [talk.Desks.Agents[0] with { Revoked = true }];

        talk.Time.Advance(TimeSpan.FromSeconds(31));

        await agent.RestAsync();
        Assert.Equal(["its certificate does not count any more"], talk.Desks.Ends);
    }

    [Fact, Trait("CWE", "770")]
    public async Task One_address_does_not_take_every_place_of_a_stranger()
    {
        await using var talk = new AdminTalk(new AdminOptions { MaxStrangers = 4, MaxStrangersOfAddress = 2 });
        talk.Desks.LetIn("mira", "*");
        talk.From = IPAddress.Parse("2001:db8::1");
        var first = await talk.OpenAsync();
        talk.From = IPAddress.Parse("2001:db8::2");
        await talk.OpenAsync();

        talk.From = IPAddress.Parse("2001:db8::3");
        Assert.Empty(await talk.Connect().RestAsync());
        talk.From = IPAddress.Parse("2001:db8:0:1::1");
        await talk.OpenAsync();
        // Who logged in is no stranger any more.
        Assert.Equal("LOGIN_OK", await first.AskAsync(new RQ_Login { Username = "mira", Password = "p" }));
        talk.From = IPAddress.Parse("2001:db8::4");
        await talk.OpenAsync();
    }

    [Fact, Trait("CWE", "770")]
    public async Task Messages_that_do_not_become_whole_take_so_much_memory_and_no_more()
    {
        await using var talk = new AdminTalk(new AdminOptions { MaxKeptBytes = 50_000 });
        var one = await talk.LogInAsync("mira", ["*"], "quern.v1");
        var other = await talk.LogInAsync("mira", ["*"], "quern.v1");
        byte[] begun = [0x80, 0x80, 0x40, .. new byte[30_000]];   // of 1 MiB

        await one.SendAsync(begun);
        await other.SendAsync(begun);
        await Task.WhenAny(one.Served, other.Served).WaitAsync(AdminTalk.Patience);

        Assert.Equal(["too many long messages were on their way"], talk.Desks.Ends);
        // What it kept is free again.
        var third = await talk.LogInAsync("mira", ["*"], "quern.v1");
        Assert.Equal("UPDATE_BANNER_OK", await third.AskAsync(new RQ_UpdateBanner { Image = ByteString.CopyFrom(new byte[15_000]) }));
    }

    [Fact, Trait("CWE", "405")]
    public async Task Only_what_can_end_sessions_has_all_of_them_looked_up()
    {
        await using var talk = new AdminTalk();
        var mira = await talk.LogInAsync("mira", ["*"], "quern.v1");
        await talk.LogInAsync("noor", ["*"], "quern.v1");
        int before = talk.Desks.Peeks;

        Assert.Equal("UPDATE_USER_OK", await mira.AskAsync(new RQ_UpdateUser { Username = "mira", Email = "mira@example.org", Phone = "", AddRole = { "auditor" } }));
        Assert.Equal("PING_OK", await mira.AskAsync(new RQ_Ping()));
        Assert.Equal(before, talk.Desks.Peeks);
        Assert.Equal("UPDATE_USER_OK", await mira.AskAsync(new RQ_UpdateUser { Username = "noor", Disabled = true }));
        Assert.Equal("PING_OK", await mira.AskAsync(new RQ_Ping()));
        Assert.Equal(before + 2, talk.Desks.Peeks);
    }
}
