using System.Security.Cryptography;
using Xunit;

namespace Quern.Protocols.Perspective.Driver;

/// <summary>newcred login, our server against our client and against a raw peer.</summary>
public sealed class LoginTests
{
    private static readonly ILocalObject Avatar = ScriptedObject.Echo();

    [Fact]
    public async Task The_mind_is_called_before_the_avatar_is_given()
    {
        var heard = new List<string>();
        var realm = new Realm(async attempt =>
        {
            var answer = await attempt.Connection.CallAsync(attempt.Mind, "print", ["attached"]);
            return answer is CallResult.Answered ? new LoginDecision.Accepted(Avatar) : new LoginDecision.Refused(CopiedFailure.UnauthorizedLogin());
        });
        await using var pair = new Pair(realm);
        var mind = ScriptedObject.Of(call =>
        {
            heard.Add(call.Method);
            call.Answer(JellyValue.None.Value);
        });

        var login = await PerspectiveLogin.LoginAsync(pair.Client, "farmer", "throwaway-pw"u8.ToArray(), mind);

        var avatar = Assert.IsType<LoginResult.Accepted>(login).Avatar;
        Assert.Equal(["print"], heard);
        Assert.Equal(new CallResult.Answered(new JellyValue.List([1L])), await pair.Client.CallAsync(avatar, "echo", [1L]));
        Assert.Equal("farmer", realm.Attempts.Single().UserName);
        Assert.True(pair.Server.LiveExports == 1, "the challenge is gone, the avatar is there");
    }

    [Fact]
    public async Task A_refused_login_releases_the_mind_and_leaves_the_connection_open()
    {
        var realm = new Realm(attempt => Task.FromResult<LoginDecision>(
            attempt.IsFor(MD5Of("throwaway-pw")) ? new LoginDecision.Accepted(Avatar) : new LoginDecision.Refused(CopiedFailure.UnauthorizedLogin())));
        await using var pair = new Pair(realm);

        var refused = await PerspectiveLogin.LoginAsync(pair.Client, "farmer", "wrong-password"u8.ToArray(), Avatar);
        var accepted = await PerspectiveLogin.LoginAsync(pair.Client, "farmer", "throwaway-pw"u8.ToArray(), Avatar);

        Assert.Equal("twisted.cred.error.UnauthorizedLogin", Assert.IsType<LoginResult.Refused>(refused).Failure.Type);
        Assert.IsType<LoginResult.Accepted>(accepted);
        Assert.NotEqual(realm.Attempts[0].Challenge.ToArray(), realm.Attempts[1].Challenge.ToArray());
    }

    [Fact]
    public async Task A_realm_that_throws_refuses_without_telling_why()
    {
        await using var pair = new Pair(new Realm(_ => throw new InvalidOperationException("the database is at 10.0.0.7")));

        var login = await PerspectiveLogin.LoginAsync(pair.Client, "farmer", "x"u8.ToArray(), Avatar);

        Assert.DoesNotContain("10.0.0.7", Assert.IsType<LoginResult.Refused>(login).Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_challenge_is_good_for_one_try()
    {
        var realm = new Realm(_ => Task.FromResult<LoginDecision>(new LoginDecision.Refused(CopiedFailure.UnauthorizedLogin())));
        await using var talk = await Talk.ServeAsync(PerspectiveLogin.Root(realm));
        long challenger = await ChallengeAsync(talk, request: 1);

        await RespondAsync(talk, request: 2, challenger);
        Assert.Equal(new PerspectiveMessage.Release(1), await talk.Peer.MessageAsync());
        Assert.Equal("twisted.cred.error.UnauthorizedLogin", (await talk.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure.Type);
        await RespondAsync(talk, request: 3, challenger);

        Assert.Equal(new PerspectiveMessage.Release(1), await talk.Peer.MessageAsync());
        Assert.Equal("Invalid Object ID", (await talk.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure.Message);
        Assert.Single(realm.Attempts);
    }

    [Fact]
    public async Task A_peer_that_asks_for_challenges_holds_one_at_a_time()
    {
        await using var talk = await Talk.ServeAsync(PerspectiveLogin.Root(new Realm(_ => throw new InvalidOperationException("unused"))));

        for (int i = 1; i <= 3000; i++) await ChallengeAsync(talk, i);

        Assert.Equal(1, talk.Connection.LiveExports);
    }

    [Fact]
    public async Task Anonymous_logins_are_refused_unless_the_realm_takes_them()
    {
        await using var talk = await Talk.ServeAsync(PerspectiveLogin.Root(new Realm(_ => throw new InvalidOperationException("unused"))));

        await talk.Peer.CallAsync(1, ObjectId.Root, "loginAnonymous", JellyValue.None.Value);

        Assert.Equal("twisted.cred.error.UnhandledCredentials", (await talk.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure.Type);
    }

    [Theory]
    [InlineData("login")]
    [InlineData("loginAnonymous")]
    [InlineData("anything")]
    public async Task A_root_that_is_called_wrongly_says_so(string method)
    {
        await using var talk = await Talk.ServeAsync(PerspectiveLogin.Root(new Realm(_ => throw new InvalidOperationException("unused"))));

        await talk.Peer.CallAsync(1, ObjectId.Root, method, 1L, 2L);

        Assert.StartsWith(
            method == "anything" ? "twisted.spread.flavors.NoSuchMethod" : "builtins.TypeError",
            (await talk.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure.Type, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_respond_without_a_mind_is_an_error()
    {
        await using var talk = await Talk.ServeAsync(PerspectiveLogin.Root(new Realm(_ => throw new InvalidOperationException("unused"))));
        long challenger = await ChallengeAsync(talk, 1);

        await talk.Peer.CallAsync(2, challenger, "respond", new JellyValue.Bytes(new byte[16]), JellyValue.None.Value);

        Assert.Equal("builtins.TypeError", (await talk.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure.Type);
    }

    private static async Task<long> ChallengeAsync(Talk talk, long request)
    {
        await talk.Peer.CallAsync(request, ObjectId.Root, "login", JellyValue.Bytes.Of("farmer"));
        var answer = Assert.IsType<JellyValue.Tuple>((await talk.Peer.MessageAsync<PerspectiveMessage.Answer>()).Value);
        Assert.Equal(16, Assert.IsType<JellyValue.Bytes>(answer.Items[0]).Value.Length);
        return Assert.IsType<JellyValue.Remote>(answer.Items[1]).Id;
    }

    private static Task RespondAsync(Talk talk, long request, long challenger) =>
        talk.Peer.CallAsync(request, challenger, "respond", new JellyValue.Bytes(new byte[16]), new JellyValue.Remote(1));

#pragma warning disable CA5351 // The protocol is MD5; there is no other.
    private static byte[] MD5Of(string password) => MD5.HashData(System.Text.Encoding.UTF8.GetBytes(password));
#pragma warning restore CA5351

    private sealed class Realm(Func<LoginAttempt, Task<LoginDecision>> decide) : ILoginRealm
    {
        public List<LoginAttempt> Attempts { get; } = [];

        public Task<LoginDecision> LoginAsync(LoginAttempt attempt)
        {
            Attempts.Add(attempt);
            return decide(attempt);
        }
    }

    /// <summary>Both ends ours.</summary>
    private sealed class Pair : IAsyncDisposable
    {
        public Pair(ILoginRealm realm)
        {
            var streams = new DuplexPair();
            Server = PerspectiveConnection.Server(streams.Ours, new PerspectiveOptions { MaxMessageBytes = 16 * 1024 }, TimeProvider.System, PerspectiveLogin.Root(realm));
            Client = PerspectiveConnection.Client(streams.Theirs, new PerspectiveOptions(), TimeProvider.System);
            _ = Server.RunAsync(TestContext.Current.CancellationToken);
            _ = Client.RunAsync(TestContext.Current.CancellationToken);
        }

        public PerspectiveConnection Server { get; }

        public PerspectiveConnection Client { get; }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
