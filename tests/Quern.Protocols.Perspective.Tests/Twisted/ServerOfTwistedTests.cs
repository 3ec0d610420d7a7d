using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Quern.Protocols.Perspective.Codec;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Perspective.Twisted;

/// <summary>Our server against a Twisted client.</summary>
public sealed class ServerOfTwistedTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("pb")]
    [InlineData("none")]
    public async Task A_Twisted_client_logs_in_and_calls_both_ways(string dialect)
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}");

        var (facts, connection) = await TalkAsync("throwaway-pw", dialect);

        Assert.Equal(
            [
                "print attached",
                "in",
                "echoed 200",
                "pipelined True",
                "error twisted.spread.flavors.NoSuchMethod No such method: remote_nonsense",
                "loop twisted.spread.banana.BananaError",
                "made ['hello']",
                "sum 42 builtins.ValueError café",
                "big True",
                // The avatar alone: challenge and made object were released. Of the peer's objects the mind is held.
                "live [1, 1]",
            ],
            facts);
        Assert.Equal("the peer closed the connection", await connection.Closed);
    }

    [Fact]
    public async Task A_Twisted_client_knows_a_refused_login_by_its_parents()
    {
        var (facts, connection) = await TalkAsync("wrong-password", "pb");

        Assert.Equal(["refused by parent"], facts);
        Assert.Equal(0, connection.HeldCount);
    }

    private static async Task<(List<string> Facts, PerspectiveConnection Connection)> TalkAsync(string password, string dialect)
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        string port = ((IPEndPoint)listener.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);
        await using var twisted = TwistedProcess.Start(
            "client.py", port, password, MutationFuzz.Seed.ToString(CultureInfo.InvariantCulture), dialect);
        var socket = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        socket.NoDelay = true;
        var connection = PerspectiveConnection.Server(
            new NetworkStream(socket, ownsSocket: true), new PerspectiveOptions(), TimeProvider.System, PerspectiveLogin.Root(new Realm()));
        var running = connection.RunAsync(TestContext.Current.CancellationToken);
        var facts = new List<string>();
        while (await twisted.Output.ReadLineAsync(TestContext.Current.CancellationToken) is { } line) facts.Add(line);
        await running;
        return (facts, connection);
    }

    private sealed class Realm : ILoginRealm
    {
        public async Task<LoginDecision> LoginAsync(LoginAttempt attempt)
        {
#pragma warning disable CA5351 // The protocol is MD5; there is no other.
            if (attempt.UserName != "farmer" || !attempt.IsFor(MD5.HashData("throwaway-pw"u8)))
#pragma warning restore CA5351
                return new LoginDecision.Refused(CopiedFailure.UnauthorizedLogin());
            Assert.IsType<CallResult.Answered>(
                await attempt.Connection.CallAsync(attempt.Mind, "print", [], [KeyValuePair.Create("message", (JellyValue)"attached")]));
            return new LoginDecision.Accepted(new Avatar(attempt.Mind));
        }
    }

    private sealed class Avatar(RemoteReference mind) : ILocalObject
    {
        public ValueTask CallAsync(IncomingCall call)
        {
            switch (call.Method)
            {
                case "echo":
                    call.Answer(new JellyValue.List([.. call.Arguments, .. call.Keywords.Select(k => k.Value)]));
                    break;
                case "make":
                    call.Answer(new JellyValue.Remote(call.Connection.Export(new Avatar(mind))));
                    break;
                case "live":
                    call.Answer(new JellyValue.List([(long)call.Connection.LiveExports, (long)call.Connection.HeldCount]));
                    break;
                case "askMind":
                    _ = AskAsync(call);
                    break;
                default:
                    call.Fail(CopiedFailure.NoSuchMethod(call.Method));
                    break;
            }
            return ValueTask.CompletedTask;
        }

        private async Task AskAsync(IncomingCall call)
        {
            var sum = await call.Connection.CallAsync(mind, "add", [40L], [KeyValuePair.Create("right", (JellyValue)2L)]);
            var failed = await call.Connection.CallAsync(mind, "fail", []);
            call.Answer((sum, failed) switch
            {
                (CallResult.Answered { Value: JellyValue.Integer number }, CallResult.Failed { Failure: var failure }) =>
                    $"{number.Value} {failure.Type} {failure.Message}",
                _ => $"{sum} {failed}",
            });
        }
    }
}
