using System.Net.Sockets;
using Quern.Protocols.Perspective.Codec;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Perspective.Twisted;

/// <summary>Our client against a Twisted server.</summary>
public sealed class ClientOfTwistedTests
{
    [Fact]
    public async Task Logs_in_is_called_before_the_answer_and_calls_both_ways()
    {
        await using var server = TwistedProcess.Start("server.py");
        await using var connection = await ConnectAsync(server);
        var running = connection.RunAsync(TestContext.Current.CancellationToken);
        var mind = new Squares();

        var login = await PerspectiveLogin.LoginAsync(connection, "farmer", "throwaway-pw"u8.ToArray(), mind);

        var avatar = Assert.IsType<LoginResult.Accepted>(login).Avatar;
        Assert.Equal(["print(message=attached)"], mind.Heard);
        var echoed = await connection.CallAsync(avatar, "echo", ["text", 7L, new JellyValue.Bytes(new byte[] { 1, 2 })], [KeyValuePair.Create("k", (JellyValue)true)]);
        Assert.Equal(
            new JellyValue.List([
                new JellyValue.List(["text", 7L, new JellyValue.Bytes(new byte[] { 1, 2 })]),
                new JellyValue.Dictionary([KeyValuePair.Create<JellyValue, JellyValue>("k", true)])]),
            Assert.IsType<CallResult.Answered>(echoed).Value);
        var failed = Assert.IsType<CallResult.Failed>(await connection.CallAsync(avatar, "fail", ["no such thing"])).Failure;
        Assert.Equal(("builtins.ValueError", "no such thing"), (failed.Type, failed.Message));
        var squares = await connection.CallAsync(avatar, "callBack", [new JellyValue.Remote(connection.Export(mind)), 5L]);
        Assert.Equal(new JellyValue.List([0L, 1L, 4L, 9L, 16L]), Assert.IsType<CallResult.Answered>(squares).Value);
        connection.Close("done");
        Assert.Equal("done", await running);
    }

    [Fact]
    public async Task Values_come_back_through_Twisted_the_same()
    {
        await using var server = TwistedProcess.Start("server.py");
        await using var connection = await ConnectAsync(server);
        _ = connection.RunAsync(TestContext.Current.CancellationToken);
        var login = await PerspectiveLogin.LoginAsync(connection, "farmer", "throwaway-pw"u8.ToArray(), new Squares());
        var avatar = Assert.IsType<LoginResult.Accepted>(login).Avatar;
        JellyValue[] values = [.. Generators.ForPython(MutationFuzz.Seed, 300), new JellyValue.Bytes(new byte[BananaLimits.MaxStringBytes])];

        // All at once: what waits is sent in few writes, and the answers come back in order.
        var answers = values.Select(value => connection.CallAsync(avatar, "echo", [value])).ToArray();

        for (int i = 0; i < values.Length; i++)
            Assert.Equal(
                new JellyValue.List([new JellyValue.List([values[i]]), JellyValue.Dictionary.Empty]),
                Assert.IsType<CallResult.Answered>(await answers[i]).Value);
    }

    [Fact]
    public async Task A_Twisted_server_that_dies_loses_what_waited()
    {
        await using var server = TwistedProcess.Start("server.py");
        await using var connection = await ConnectAsync(server);
        var running = connection.RunAsync(TestContext.Current.CancellationToken);
        var login = await PerspectiveLogin.LoginAsync(connection, "farmer", "throwaway-pw"u8.ToArray(), new Squares());
        var waiting = connection.CallAsync(Assert.IsType<LoginResult.Accepted>(login).Avatar, "callBack", [new JellyValue.Remote(connection.Export(new Deaf())), 1L]);

        server.Kill();

        Assert.IsType<CallResult.Lost>(await waiting);
        Assert.NotEmpty(await running);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_with_the_parents_and_the_mind_is_released()
    {
        await using var server = TwistedProcess.Start("server.py");
        await using var connection = await ConnectAsync(server);
        _ = connection.RunAsync(TestContext.Current.CancellationToken);

        var login = await PerspectiveLogin.LoginAsync(connection, "farmer", "wrong-password"u8.ToArray(), new Squares());

        var failure = Assert.IsType<LoginResult.Refused>(login).Failure;
        Assert.True(failure.Is("twisted.cred.error.Unauthorized"));
        Assert.Equal("twisted.cred.error.UnauthorizedLogin", failure.Type);
        Assert.Equal(0, connection.LiveExports);
    }

    private static async Task<PerspectiveConnection> ConnectAsync(TwistedProcess server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", await server.PortAsync());
        return PerspectiveConnection.Client(new NetworkStream(socket, ownsSocket: true), new PerspectiveOptions(), TimeProvider.System);
    }

    /// <summary>Never answers.</summary>
    private sealed class Deaf : ILocalObject
    {
        public ValueTask CallAsync(IncomingCall call) => ValueTask.CompletedTask;
    }

    /// <summary>Remembers what it was told, and squares numbers.</summary>
    private sealed class Squares : ILocalObject
    {
        public List<string> Heard { get; } = [];

        public ValueTask CallAsync(IncomingCall call)
        {
            switch (call.Method)
            {
                case "print" when call[0, "message"] is { } message && message.TryGetText(out string? text):
                    Heard.Add($"print(message={text})");
                    call.Answer(JellyValue.None.Value);
                    break;
                case "square" when call.Arguments is [JellyValue.Integer number]:
                    call.Answer(number.Value * number.Value);
                    break;
                default:
                    call.Fail(CopiedFailure.NoSuchMethod(call.Method));
                    break;
            }
            return ValueTask.CompletedTask;
        }
    }
}
