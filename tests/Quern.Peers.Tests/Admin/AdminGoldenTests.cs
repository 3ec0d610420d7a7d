using Quern.Admin.V1;
using Quern.Peers.Admin;
using Quern.Protocols.Admin;
using Quern.Testing;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>The recorded frames of the historic protocol, sent to the live door.</summary>
public sealed class AdminGoldenTests
{
    // The numbers of the recorded frames: the farm's and the client's random parts.
    private const int ServerBase = 0x010203, ClientBase = 0x0A0B0C, AgentBase = 0x0D0E0F;

    public static TheoryData<string, string, string> Requests { get; } =
        [.. Rows("frames.tsv").Where(r => r[0].StartsWith("RQ_", StringComparison.Ordinal) && r[0] != "RQ_Session").Select(r => new TheoryDataRow<string, string, string>(r[0], r[1], r[2]))];

    [Theory, MemberData(nameof(Requests))]
    public async Task A_recorded_request_has_the_answer_that_was_recorded_for_it(string name, string content, string frame)
    {
        bool agent = name == "RQ_AuthSession", open = name is "RQ_Ping" or "RQ_ServerBanner" or "RQ_Login";
        await using var talk = new AdminTalk(null, ServerBase, agent ? AgentBase : ClientBase);
        talk.Desks.LetIn("admin", "*");
        talk.Desks.Build = progress => progress(new Estate.AgentProgress("b1", Estate.AgentBuildStep.Done, 100, ""));
        var talker = talk.Connect();
        await OpenAsync(talker, agent);
        if (!agent && !open) Assert.Equal("LOGIN_OK", await talker.AskAsync(new RQ_Login { Username = "admin", Password = "p" }));

        if (name == "RQ_StopStream") await talker.SendAsync(FrameOf("RQ_STStream"));

        await talker.SendAsync(Convert.FromHexString(frame));

        var answer = await AnswerAsync(talker, name.Replace("RQ_", "RS_", StringComparison.Ordinal));
        // What an inherited client gets stands among the recorded answers, byte for byte, wherever the answer is a result.
        if (name is "RQ_ServerBanner") return;
        var recorded = Rows("frames.tsv").Where(r => r[0] == answer.Type!.Name).Select(r => r[2]).ToList();
        Assert.True(recorded.Contains(Convert.ToHexStringLower(talker.BytesOf(answer))), $"{name} ({content}): {Convert.ToHexStringLower(talker.BytesOf(answer))}");
    }

    [Fact]
    public async Task The_recorded_session_is_opened_with_the_recorded_answer_but_for_the_farm_s_UUID()
    {
        await using var talk = new AdminTalk(null, ServerBase, ClientBase);
        var talker = talk.Connect();

        await talker.SendAsync(FrameOf("RQ_Session"));

        Assert.Equal(Convert.ToHexStringLower(FrameOf("RS_Session")), Convert.ToHexStringLower(talker.BytesOf((await talker.ReceiveAsync())!)));
    }

    [Fact]
    public async Task A_telephone_opens_a_session_without_number_and_type()
    {
        await using var talk = new AdminTalk();
        var talker = talk.Connect();

        await talker.SendAsync(Older("iOS-style handshake"));

        var answer = (await talker.ReceiveAsync())!;
        Assert.Equal((0, "RS_Session"), (answer.Id, answer.Type!.Name));
    }

    [Fact]
    public async Task A_login_of_2021_is_answered_with_the_recorded_outcome()
    {
        await using var talk = new AdminTalk(new AdminOptions { TakesOutcomes = true }, ServerBase, ClientBase);
        talk.Desks.LetIn("admin", "*");
        var talker = talk.Connect();
        await OpenAsync(talker, agent: false);

        await talker.SendAsync(Older("login of set C"));

        Assert.Equal(Convert.ToHexStringLower(Older("its answer")), Convert.ToHexStringLower(talker.BytesOf((await talker.ReceiveAsync())!)));
    }

    [Fact]
    public async Task A_banner_request_of_set_A_is_answered_in_set_A()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.OpenAsync();

        await talker.SendAsync(Older("banner request of set A"));

        var answer = (await talker.ReceiveAsync())!;
        Assert.Equal((1818161168, 2003, 0, 0), (answer.Number, answer.Id, answer.To, answer.From));
    }

    private static async Task OpenAsync(AdminTalker talker, bool agent)
    {
        var session = new RQ_Session
        {
            InstanceUuid = "0b9f6c1e-2f64-4f0e-8f6d-6f2a9c1d3e55",
            InstanceType = agent ? InstanceType.InstanceAgent : InstanceType.InstanceClient,
            InstanceFlavor = agent ? InstanceFlavor.FlavorAgentJava : InstanceFlavor.FlavorClientDesktop,
        };
        await talker.SendAsync(AdminMessage.Of(session, 1));
        Assert.Equal("RS_Session", (await talker.ReceiveAsync())!.Type!.Name);
    }

    private static async Task<AdminMessage> AnswerAsync(AdminTalker talker, string type)
    {
        while (true)
        {
            var message = await talker.ReceiveAsync();
            Assert.NotNull(message);
            if (message.Type!.Name == type) return message;
        }
    }

    private static byte[] FrameOf(string name) => Convert.FromHexString(Rows("frames.tsv").First(r => r[0] == name)[2]);

    private static byte[] Older(string what) => Convert.FromHexString(Rows("older-peers.tsv").First(r => r[0].StartsWith(what, StringComparison.Ordinal))[1]);

    private static IEnumerable<string[]> Rows(string file) =>
        File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", "admin", file)).Where(l => !l.StartsWith('#')).Select(l => l.Split('\t'));
}
