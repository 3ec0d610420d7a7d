using System.Net.WebSockets;
using System.Text;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Protocols.Buildbot;
using Xunit;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>Revision v1, sections "auth", "print", "get_worker_info" and "set_builder_list", and where it is spoken at all.</summary>
public sealed class SeedLoginTests
{
    private static readonly MessagePackOptions Both = new() { Revisions = [BuildbotRevision.V7, BuildbotRevision.V1] };

    [Fact]
    public async Task Auth_is_answered_true_and_the_worker_is_greeted_asked_and_told_its_builders()
    {
        await using var farm = new TestFarm(Both);
        await using SeedWorker worker = await SeedWorker.OpenAsync(farm.EndPoint);

        Assert.Equal((WireValue)true, await worker.AskAsync("auth", ("username", "farmer"), ("password", TestGate.Password)));
        WireValue.Map print = await worker.ReceiveAsync("print");
        await worker.RespondAsync(print, WireValue.Nil.Value);
        WireValue.Map info = await worker.ReceiveAsync("get_worker_info");
        await worker.RespondAsync(info, SeedWorker.Info);
        WireValue.Map builders = await worker.ReceiveAsync("set_builder_list");
        await worker.RespondAsync(builders, SeedWorker.List("slot-1", "slot-2"));
        MessagePackLink link = await farm.Gate.NextLinkAsync();

        Assert.Equal((WireValue)"attached", print["message"]);
        Assert.Equal(["op", "seq_number"], info.Entries.Select(pair => pair.Key));
        Assert.Equal(SeedWorker.List(SeedWorker.List("slot-1", "slot-1"), SeedWorker.List("slot-2", "slot-2")), builders["builders"]);
        Assert.Equal(("farmer", "buildbot-msgpack-v1", "3.5.0", "/srv/worker", 2, "Farm Admin", "sample"), (
            link.Description.Name.Value, link.Description.Protocol, link.Description.Version, link.Description.BaseDirectory,
            link.Description.CpuCount, link.Description.Admin, link.Description.Host));
    }

    [Fact]
    public async Task Auth_with_a_wrong_password_is_answered_false_and_the_connection_closed()
    {
        await using var farm = new TestFarm(Both);
        await using SeedWorker worker = await SeedWorker.OpenAsync(farm.EndPoint);

        Assert.Equal((WireValue)false, await worker.AskAsync("auth", ("username", "farmer"), ("password", "wrong-password")));

        Exception end = await Assert.ThrowsAnyAsync<Exception>(worker.ReceiveAsync);
        Assert.True(end is EndOfStreamException or WebSocketException, end.ToString());
        Assert.Equal("an unknown name or a wrong password", await farm.Gate.NextEndAsync());
        Assert.Equal(new WorkerName("farmer"), await farm.Gate.Refusals.Reader.ReadAsync());
    }

    [Fact]
    public async Task Auth_may_bring_the_name_as_bytes_as_workers_of_3_5_0_do()
    {
        await using var farm = new TestFarm(Both);
        await using SeedWorker worker = await SeedWorker.OpenAsync(farm.EndPoint);

        Assert.Equal((WireValue)true, await worker.AskAsync(
            "auth", ("username", new WireValue.Binary("farmer"u8.ToArray())), ("password", TestGate.Password)));
    }

    [Fact]
    public async Task Auth_without_a_name_is_an_exception_and_the_end()
    {
        await using var farm = new TestFarm(Both);
        await using SeedWorker worker = await SeedWorker.OpenAsync(farm.EndPoint);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => worker.AskAsync("auth", ("password", "x")));

        Assert.Contains("message did not contain obligatory \"username\" key", refused.Message, StringComparison.Ordinal);
        Assert.Equal("the first message was no login", await farm.Gate.NextEndAsync());
    }

    [Theory]
    [InlineData("update")]
    [InlineData("complete")]
    [InlineData("keepalive")]
    public async Task Auth_must_be_the_first_message(string operation)
    {
        await using var farm = new TestFarm(Both);
        await using SeedWorker worker = await SeedWorker.OpenAsync(farm.EndPoint);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => worker.AskAsync(operation, ("command_id", "1"), ("args", SeedWorker.List())));

        Assert.Contains("Worker not authenticated.", refused.Message, StringComparison.Ordinal);
        Assert.Equal("the first message was no login", await farm.Gate.NextEndAsync());
    }

    [Fact]
    public async Task A_second_auth_is_refused_and_the_worker_goes_on()
    {
        await using var farm = new TestFarm(Both);
        await using SeedWorker worker = await SeedWorker.AttachAsync(farm.EndPoint);
        MessagePackLink link = await farm.Gate.NextLinkAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => worker.AskAsync("auth", ("username", "other"), ("password", TestGate.Password)));

        Assert.False(link.Closed.IsCompleted);
    }

    [Fact]
    [Trait("CWE", "770")]
    public async Task Before_auth_a_message_beyond_16_KiB_ends_the_connection()
    {
        await using var farm = new TestFarm(Both);
        await using SeedWorker worker = await SeedWorker.OpenAsync(farm.EndPoint);

        await worker.SendBytesAsync(new byte[16 * 1024 + 1]);

        Assert.Equal("the worker sent a message beyond 16384 bytes", await farm.Gate.NextEndAsync());
    }

    [Fact]
    public async Task An_open_connection_without_auth_ends_at_the_login_deadline()
    {
        await using var farm = new TestFarm(Both with { LoginDeadline = TimeSpan.FromMilliseconds(500) });
        await using SeedWorker worker = await SeedWorker.OpenAsync(farm.EndPoint);

        Assert.StartsWith("no login within", await farm.Gate.NextEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_that_was_not_asked_for_v1_answers_401_to_a_request_without_login()
    {
        await using var farm = new TestFarm();

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => SeedWorker.OpenAsync(farm.EndPoint));

        Assert.Equal("HTTP/1.1 401 Unauthorized\r\n\r\n", refused.Message);
        Assert.Equal("no login in the request", await farm.Gate.NextEndAsync());
    }

    [Fact]
    public async Task A_listener_of_both_answers_401_to_a_wrong_login_and_serves_workers_of_v7()
    {
        await using var farm = new TestFarm(Both);
        await using ScriptedWorker wrong = await ScriptedWorker.ConnectAsync(farm.EndPoint);
        await wrong.Stream.WriteAsync(ClientHandshake.CreateRequest("x", "/", "test", "farmer", "wrong-password", "7QwW8owJgOY6edsoJ6R4/A=="));

        using var reader = new StreamReader(wrong.Stream, Encoding.ASCII);
        Assert.Equal("HTTP/1.1 401 Unauthorized\r\n\r\n", await reader.ReadToEndAsync());
        (ScriptedWorker worker, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = worker;
        Assert.Equal("buildbot-msgpack", link.Description.Protocol);
    }
}
