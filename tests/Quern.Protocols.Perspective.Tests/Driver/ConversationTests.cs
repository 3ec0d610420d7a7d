using Quern.Protocols.Perspective.Codec;
using Quern.Protocols.Perspective.Golden;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Perspective.Driver;

/// <summary>Real conversations, as they were and changed a little, against a whole connection.</summary>
public sealed class ConversationTests(ITestOutputHelper output)
{
    private const int Count = 300;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_changed_conversation_ends_in_a_reason_and_every_call_in_a_result(bool fromWorker)
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}");
        var random = new Random(MutationFuzz.Seed);
        CapturedStream[] streams = [.. Captures.Streams.Where(s => s.FromWorker == fromWorker && s.Bytes.Length < 8192)];
        var reasons = new HashSet<string>();
        for (int i = 0; i < Count; i++)
        {
            byte[] bytes = [.. streams[random.Next(streams.Length)].Bytes];
            for (int changes = random.Next(0, 4); changes > 0; changes--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            reasons.Add(await (fromWorker ? EndOfServerAsync(bytes) : EndOfClientAsync(bytes)));
        }

        Assert.True(reasons.Count > 5, $"all ended alike: {string.Join("; ", reasons)}");
    }

    /// <summary>Each server that was captured lets our client in, whatever it answers to the challenge, and calls its mind meanwhile.</summary>
    [Fact]
    public async Task A_captured_server_lets_our_client_in()
    {
        int accepted = 0;
        foreach (var stream in Captures.Streams.Where(s => !s.FromWorker && s.Name.Contains("/connect", StringComparison.Ordinal)))
        {
            var heard = new List<string>();
            await using var talk = Talk.Connect();
            var mind = ScriptedObject.Of(call =>
            {
                heard.Add(call.Method);
                call.Answer(JellyValue.None.Value);
            });
            var login = PerspectiveLogin.LoginAsync(talk.Connection, "farmer", "throwaway-pw"u8.ToArray(), mind);
            await talk.Peer.ReplayAsync(stream);

            Assert.IsType<LoginResult.Accepted>(await login);
            string[] said = [.. stream.Elements().Skip(1).Select(Wire.Message)
                .TakeWhile(m => m is not PerspectiveMessage.Answer { RequestId: 2 })
                .OfType<PerspectiveMessage.Call>().Where(c => c.Target == 1).Select(c => c.Method)];
            Assert.True(said.Length >= 3, $"{stream.Name}: {string.Join(", ", said)}");
            Assert.Equal(said, heard);
            accepted++;
        }

        Assert.True(accepted >= Captures.Folders.Count, $"only {accepted} captures");
    }

    private static async Task<string> EndOfServerAsync(byte[] bytes)
    {
        var faults = new List<Exception>();
        var realm = new Welcome();
        await using var talk = Talk.Listen(PerspectiveLogin.Root(realm), new PerspectiveOptions { Fault = faults.Add });
        string reason = await SayAndLeaveAsync(talk, bytes);
        foreach (var call in realm.Calls) await call;

        Assert.Empty(faults);
        return reason;
    }

    private static async Task<string> EndOfClientAsync(byte[] bytes)
    {
        var faults = new List<Exception>();
        await using var talk = Talk.Connect(new PerspectiveOptions { Fault = faults.Add });
        var login = PerspectiveLogin.LoginAsync(talk.Connection, "farmer", "throwaway-pw"u8.ToArray(), ScriptedObject.Echo());
        string reason = await SayAndLeaveAsync(talk, bytes);
        await login;

        Assert.Empty(faults);
        return reason;
    }

    private static async Task<string> SayAndLeaveAsync(Talk talk, byte[] bytes)
    {
        try
        {
            await talk.Peer.SendAsync(bytes);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // It was dropped before all was sent.
        }
        await talk.Peer.DisposeAsync();
        string reason = await talk.Running;
        Assert.NotEmpty(reason);
        return reason;
    }

    /// <summary>Lets everybody in and calls them, as a master does.</summary>
    private sealed class Welcome : ILoginRealm
    {
        public List<Task<CallResult>> Calls { get; } = [];

        public Task<LoginDecision> LoginAsync(LoginAttempt attempt)
        {
            foreach (string method in (string[])["print", "getWorkerInfo", "setBuilderList", "print", "print"])
                Calls.Add(attempt.Connection.CallAsync(attempt.Mind, method, []));
            return Task.FromResult<LoginDecision>(new LoginDecision.Accepted(ScriptedObject.Echo()));
        }
    }
}
