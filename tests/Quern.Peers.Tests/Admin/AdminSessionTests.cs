using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Model;
using Quern.Peers.Admin;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>Coming in, staying and going.</summary>
public sealed class AdminSessionTests
{
    [Fact]
    public async Task A_session_gives_numbers_to_both_sides_and_what_both_can()
    {
        await using var talk = new AdminTalk();

        var talker = await talk.OpenAsync("results.v1", "zstd");

        var session = talker.Session;
        Assert.Equal((talk.Acceptor.Room.ServerSid, "5f0c2e1a-7d3b-4c55-9a41-0f6e2b8c9d10"), (session.ServerSid, session.ServerUuid));
        Assert.Equal(InstanceType.InstanceClient, (InstanceType)(session.InstanceSid & 7));
        Assert.Equal(["results.v1"], session.Capability);
    }

    [Fact]
    public async Task Quern_s_own_capability_brings_the_others()
    {
        await using var talk = new AdminTalk();

        var talker = await talk.OpenAsync("quern.v1");

        Assert.Equal(["results.v1", "tail.v1", "quern.v1"], talker.Session.Capability);
    }

    [Fact]
    public async Task A_ping_is_answered_in_the_set_it_came_in()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.OpenAsync();

        foreach (var set in new[] { NameSet.Protocol, NameSet.Modules, NameSet.RenamedModules })
        {
            var answer = await talker.AnswerAsync(new RQ_Ping(), set);
            Assert.Equal(AdminTypes.Find("RS_Ping")!.NumberFor(set), answer.Number);
        }
    }

    [Fact]
    public async Task The_banner_is_shown_to_strangers_and_its_picture_only_to_those_who_lack_it()
    {
        await using var talk = new AdminTalk();
        talk.Desks.Current = new Banner(true, "1.2.3", "Back at noon", new byte[] { 1, 2, 3 }) { ImageSha256 = new byte[] { 4, 5 } };
        var talker = await talk.OpenAsync();

        var banner = await talker.AskAsync<RS_ServerBanner>(new RQ_ServerBanner());
        var known = await talker.AskAsync<RS_ServerBanner>(new RQ_ServerBanner { KnownImageSha256 = ByteString.CopyFrom(4, 5) });

        Assert.Equal((true, "1.2.3", "Back at noon", 3), (banner.Maintenance, banner.Version, banner.Message, banner.Image.Length));
        Assert.Equal((0, 2), (known.Image.Length, known.ImageSha256.Length));
    }

    [Fact]
    public async Task More_than_ten_pictures_a_minute_are_not_given()
    {
        await using var talk = new AdminTalk();
        talk.Desks.Current = new Banner(false, "1.2.3", "", new byte[] { 1, 2, 3 }) { ImageSha256 = new byte[] { 4, 5 } };
        var talker = await talk.OpenAsync();

        for (int i = 0; i < 10; i++) Assert.Equal(3, (await talker.AskAsync<RS_ServerBanner>(new RQ_ServerBanner())).Image.Length);

        Assert.Equal(0, (await talker.AskAsync<RS_ServerBanner>(new RQ_ServerBanner())).Image.Length);
    }

    [Fact]
    public async Task A_login_gives_a_session_to_those_who_read_it()
    {
        await using var talk = new AdminTalk();
        var welcome = talk.Desks.LetIn("mira", "user:list");
        var talker = await talk.OpenAsync("tail.v1");

        var answer = await talker.AnswerAsync(new RQ_Login { Username = "mira", Password = "violet tractor", Token = 81804, LifetimeSeconds = 600 });

        Assert.Equal("LOGIN_OK", AdminTalker.NameOf(answer));
        var grant = AdminTalker.TailOf(answer).Session;
        Assert.Equal((welcome.Token, 4_000_000_000_000, 4_000_040_000_000), (grant.SessionToken, grant.Expires, grant.AbsoluteExpiry));
        Assert.Equal(["user:list"], grant.Permission);
        var asked = Assert.IsType<LoginRequest>(talk.Desks.Last);
        Assert.Equal(("mira", "violet tractor", "081804", "192.0.2.7", TimeSpan.FromMinutes(10)), (asked.User, asked.Password, asked.Code, asked.From.ToString(), asked.Lifetime));
    }

    [Fact]
    public async Task An_inherited_client_gets_one_byte()
    {
        await using var talk = new AdminTalk();
        talk.Desks.LetIn("mira", "*");
        var talker = await talk.OpenAsync();

        var answer = await talker.AnswerAsync(new RQ_Login { Username = "mira", Password = "violet tractor" });

        Assert.Null(((AdminBody.Result)answer.Body).Tail);
    }
}
