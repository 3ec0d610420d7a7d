using System.Text;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Protocols.Buildbot;
using Xunit;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>Each of these peers gets the right answer or a clean end with a reason, and an honest worker beside it is served.</summary>
public sealed class HostileWorkerTests
{
    [Fact]
    public async Task Half_a_request_ends_at_the_login_deadline()
    {
        await using var farm = new TestFarm(new MessagePackOptions { LoginDeadline = TimeSpan.FromMilliseconds(200) });
        await using ScriptedWorker worker = await ScriptedWorker.ConnectAsync(farm.EndPoint);

        await worker.Stream.WriteAsync("GET / HTTP/1.1\r\nHost: "u8.ToArray());

        Assert.Equal("no login within 0 s", await farm.Gate.NextEndAsync());
    }

    [Fact]
    public async Task A_giant_request_is_refused_at_16_KiB()
    {
        await using var farm = new TestFarm();
        await using ScriptedWorker worker = await ScriptedWorker.ConnectAsync(farm.EndPoint);

        await worker.Stream.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nX: " + new string('x', 16 * 1024)));

        Assert.Equal("Request Header Fields Too Large", await farm.Gate.NextEndAsync());
    }

    [Fact]
    public async Task A_wrong_password_gets_exactly_401()
    {
        await using var farm = new TestFarm();
        await using ScriptedWorker worker = await ScriptedWorker.ConnectAsync(farm.EndPoint);

        await worker.Stream.WriteAsync(ClientHandshake.CreateRequest(
            "x", "/", "test", "farmer", "wrong-password", "7QwW8owJgOY6edsoJ6R4/A=="));

        using var reader = new StreamReader(worker.Stream, Encoding.ASCII);
        Assert.Equal("HTTP/1.1 401 Unauthorized\r\n\r\n", await reader.ReadToEndAsync());
        Assert.Equal("an unknown name or a wrong password", await farm.Gate.NextEndAsync());
    }

    [Fact]
    public async Task A_frame_that_declares_a_huge_length_holds_no_memory_and_others_are_served()
    {
        await using var farm = new TestFarm();
        await using ScriptedWorker hostile = await ScriptedWorker.LoginAsync(farm.EndPoint, "hostile");
        long before = GC.GetTotalMemory(forceFullCollection: true);

        await hostile.Stream.WriteAsync(Convert.FromHexString("82ff7fffffffffffffff00000000aabbcc"));
        await AssertServesAsync(farm);

        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 16 * 1024 * 1024);
    }

    [Fact]
    public async Task A_message_beyond_the_limit_of_an_undescribed_worker_ends_the_connection()
    {
        await using var farm = new TestFarm();
        await using ScriptedWorker hostile = await ScriptedWorker.LoginAsync(farm.EndPoint);

        await hostile.SendBinaryAsync(new byte[300 * 1024]);

        Assert.Equal("the worker sent a message beyond 262144 bytes", await farm.Gate.NextEndAsync());
    }

    [Fact]
    public async Task Endless_empty_fragments_end_the_connection()
    {
        await using var farm = new TestFarm();
        await using ScriptedWorker hostile = await ScriptedWorker.LoginAsync(farm.EndPoint);
        byte[] first = Convert.FromHexString("028000000000"), next = Convert.FromHexString("008000000000");

        await hostile.Stream.WriteAsync(first);
        await hostile.Stream.WriteAsync(Enumerable.Repeat(next, 2000).SelectMany(frame => frame).ToArray());

        Assert.Equal("the worker sent a message of endless empty fragments", await farm.Gate.NextEndAsync());
    }

    [Fact]
    public async Task Endless_full_fragments_end_at_the_limit()
    {
        await using var farm = new TestFarm();
        await using ScriptedWorker hostile = await ScriptedWorker.LoginAsync(farm.EndPoint);

        try
        {
            for (int i = 0; i < 300; i++) await hostile.SendBinaryAsync(new byte[1024], end: false);
        }
        catch (System.Net.WebSockets.WebSocketException)
        {
            // The master may have hung up before the last of them was written.
        }

        Assert.Equal("the worker sent a message beyond 262144 bytes", await farm.Gate.NextEndAsync());
    }

    [Theory]
    [InlineData("c1")]
    [InlineData("c0")]
    [InlineData("82a26f70")]
    [InlineData("")]
    public async Task Invalid_MessagePack_ends_the_connection_with_the_reason(string hex)
    {
        await using var farm = new TestFarm();
        (ScriptedWorker hostile, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = hostile;

        await hostile.SendBinaryAsync(Convert.FromHexString(hex));

        Assert.Equal(
            "the worker sent what is not a MessagePack message of this protocol", await link.Closed.WaitAsync(TestGate.Patience));
    }

    [Theory]
    [InlineData("8204c0c0c0c0", "a frame that is not masked")]
    [InlineData("8200", "a frame that is not masked")]
    [InlineData("8900", "a frame that is not masked")]
    [InlineData("c28000000000", "a frame with reserved bits set")]
    [InlineData("838000000000", "a frame of the unknown kind 3")]
    [InlineData("8b8000000000", "a frame of the unknown kind 11")]
    [InlineData("09800000", "a control frame in fragments")]
    [InlineData("89fe007e", "a control frame of more than 125 bytes")]
    [InlineData("808000000000", "a continuation of no message")]
    [InlineData("82fe0001", "a frame whose length is written longer than it needs to be")]
    public async Task A_frame_that_a_client_must_not_send_ends_the_connection_at_once(string hex, string what)
    {
        await using var farm = new TestFarm();
        (ScriptedWorker hostile, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = hostile;

        // Behind a ping that is as it should be, in one write.
        await hostile.Stream.WriteAsync(Convert.FromHexString("898000000000" + hex));

        Assert.Equal($"the connection broke: the peer sent {what}", await link.Closed.WaitAsync(TestGate.Patience));
        await AssertServesAsync(farm);
    }

    [Fact]
    public async Task An_answer_to_nothing_and_a_second_answer_end_the_connection()
    {
        await using var farm = new TestFarm();
        (ScriptedWorker first, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = first;
        await first.SendAsync(_ => new BuildbotMessage.Response(99, WireValue.Nil.Value, false));
        Assert.Equal("the worker answered request 99, which waits for no answer", await link.Closed.WaitAsync(TestGate.Patience));

        (ScriptedWorker second, link) = await farm.AttachAsync();
        await using ScriptedWorker alsoOwned = second;
        await second.SendAsync(_ => new BuildbotMessage.Response(0, WireValue.Nil.Value, false));
        Assert.Equal("the worker answered request 0, which waits for no answer", await link.Closed.WaitAsync(TestGate.Patience));
    }

    [Fact]
    public async Task Text_is_ignored_and_an_unknown_operation_answered()
    {
        await using var farm = new TestFarm();
        (ScriptedWorker worker, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = worker;

        await worker.SendTextAsync("hello");
        long number = await worker.SendAsync(n => new BuildbotMessage.Print(n, "x"));
        BuildbotMessage.Response answer = await worker.AnswerToAsync(number);

        Assert.True(answer.IsException);
        Assert.Equal((WireValue)"Command print does not exist.", answer.Result);
        Assert.False(link.Closed.IsCompleted);
    }

    [Fact]
    public async Task A_request_for_a_command_that_does_not_run_is_answered_with_the_text_of_real_masters()
    {
        await using var farm = new TestFarm();
        (ScriptedWorker worker, _) = await farm.AttachAsync();
        await using ScriptedWorker owned = worker;

        long number = await worker.SendAsync(n => new BuildbotMessage.Complete(n, "77", null));

        Assert.Equal((WireValue)"'unknown \"command_id\"'", (await worker.AnswerToAsync(number)).Result);
    }

    [Fact]
    public async Task A_command_that_disturbs_the_attach_sequence_ends_it()
    {
        await using var farm = new TestFarm();
        await using ScriptedWorker hostile = await ScriptedWorker.LoginAsync(farm.EndPoint);

        await hostile.SendAsync(n => new BuildbotMessage.Complete(n, "0", null));

        Assert.StartsWith("the worker sent what does not belong", await farm.Gate.NextEndAsync(), StringComparison.Ordinal);
    }

    private static async Task AssertServesAsync(TestFarm farm)
    {
        (ScriptedWorker honest, MessagePackLink link) = await farm.AttachAsync("honest");
        await using ScriptedWorker owned = honest;
        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Stat("x"), "slot-1", new RecordingObserver(), default);
        BuildbotMessage.StartCommand start = await honest.ReceiveAsync<BuildbotMessage.StartCommand>();
        await honest.UpdateAsync(start.CommandId, new UpdateEntry.ReturnCode(2));
        await honest.SendAsync(n => new BuildbotMessage.Complete(n, start.CommandId, null));

        Assert.Equal(2, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).ExitCode);
    }
}
