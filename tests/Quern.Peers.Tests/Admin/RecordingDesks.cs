using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Quern.Model;
using Quern.Peers.Admin;
using Quern.Peers.Estate;

namespace Quern.Peers.Tests.Admin;

/// <summary>Desks that keep what they were asked and answer as the test says.</summary>
internal sealed class RecordingDesks : ILoginDesk, IBannerDesk, IUserDesk, IGroupDesk, IRoleDesk, ITokenDesk, IAuditDesk, IListenerDesk, IAgentDesk, IAgentBuilds, IAdminGate
{
    private int _peeks;

    /// <summary>How often it was looked whether a session still counts.</summary>
    public int Peeks => Volatile.Read(ref _peeks);

    /// <summary>What was asked of the desks, in order: the message's words and what came along.</summary>
    public ConcurrentQueue<(string What, object? With)> Asked { get; } = new();

    /// <summary>What every change is answered with.</summary>
    public EstateAnswer Answer { get; set; } = EstateAnswer.Done("7", 3);

    public LoginOutcome Login { get; set; } = new LoginOutcome.Wrong();

    public Banner Current { get; set; } = new(false, "1.2.3", "Welcome", default);

    /// <summary>Sessions that count, with whose they are.</summary>
    public ConcurrentDictionary<string, Principal> Sessions { get; } = new();

    /// <summary>When those who are let in proved who they are.</summary>
    public DateTimeOffset? ProvedAt { get; set; }

    /// <summary>What is stored of whoever is looked up past what is remembered; null for the same.</summary>
    public Principal? Stored { get; set; }

    /// <summary>What they come with.</summary>
    public TokenKind Kind { get; set; } = TokenKind.Session;

    public AgentWelcome Welcome { get; set; } = new AgentWelcome.Refused();

    public ImmutableArray<AgentFacts> Agents { get; set; } = [];

    public ImmutableArray<UserFacts> Users { get; set; } = [new UserFacts("1", "alice") { Email = "alice@example.org", Roles = ["operator"], Revision = 2 }];

    public Action<Action<AgentProgress>> Build { get; set; } = _ => { };

    public AgentArtifactPart? Part { get; set; }

    public Exception? Trouble { get; set; }

    /// <summary>Held until a test lets go, where it set one.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public TotpOffer Offer { get; set; } = new(EstateAnswer.Denied(""));

    public ImmutableArray<string>? Codes { get; set; }

    public ConcurrentQueue<string> Failures { get; } = new();

    public ConcurrentQueue<string> Ends { get; } = new();

    public ConcurrentQueue<(string Who, string Request, string Right)> Denials { get; } = new();

    public ConcurrentQueue<AgentReport> Reports { get; } = new();

    public AdminDesks All => new(this, this) { Users = this, Groups = this, Roles = this, Tokens = this, Audit = this, Listeners = this, Agents = this, Builds = this };

    public IEnumerable<string> Words => Asked.Select(a => a.What);

    public object? Last => Asked.LastOrDefault().With;

    /// <summary>Somebody with a session of these rights.</summary>
    public LoginOutcome.Welcome LetIn(string name, params string[] rights) => LetIn(name, SignInDuty.None, rights);

    public LoginOutcome.Welcome LetIn(string name, SignInDuty duty, params string[] rights)
    {
        var principal = new Principal($"user:{name}", [.. rights]) { Account = name, TokenId = "1", Kind = Kind, Duty = duty, ProvedAt = ProvedAt };
        string token = $"token of {name}";
        Sessions[token] = principal;
        var welcome = new LoginOutcome.Welcome(token, principal, DateTimeOffset.FromUnixTimeSeconds(4_000_000_000), DateTimeOffset.FromUnixTimeSeconds(4_000_040_000));
        Login = welcome;
        return welcome;
    }

    public async Task<LoginOutcome> LoginAsync(LoginRequest request, CancellationToken cancellationToken)
    {
        await KeepAsync("login", request);
        return Login;
    }

    public async Task<LoginOutcome> ProveAsync(Caller who, string token, LoginRequest request, CancellationToken cancellationToken)
    {
        await KeepAsync("prove", request);
        return Login;
    }

    public async Task<LoginOutcome.Welcome?> ResumeAsync(string token, IPAddress from, CancellationToken cancellationToken)
    {
        await KeepAsync("resume", token);
        return Sessions.ContainsKey(token) ? Login as LoginOutcome.Welcome : null;
    }

    public Task<Principal?> FindAsync(string token, IPAddress from, CancellationToken cancellationToken) => Task.FromResult(Sessions.GetValueOrDefault(token));

    public Task<Principal?> PeekAsync(string token, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _peeks);
        return Task.FromResult(Stored ?? Sessions.GetValueOrDefault(token));
    }

    public async Task<LoginOutcome.Welcome?> RenewAsync(string token, CancellationToken cancellationToken)
    {
        await KeepAsync("renew", token);
        return Login as LoginOutcome.Welcome;
    }

    public Task LogoutAsync(string token, bool everywhere, CancellationToken cancellationToken)
    {
        Sessions.TryRemove(token, out _);
        return KeepAsync("logout", (token, everywhere));
    }

    public async Task<TotpOffer> BeginTotpAsync(Caller who, string password, CancellationToken cancellationToken)
    {
        await KeepAsync("begin totp", password);
        return Offer;
    }

    public async Task<ImmutableArray<string>?> ConfirmTotpAsync(Caller who, string code, CancellationToken cancellationToken)
    {
        await KeepAsync("confirm totp", code);
        return Codes;
    }

    public Task<EstateAnswer> UpdateAsync(Caller who, BannerEdit edit, CancellationToken cancellationToken) => ChangeAsync("update banner", edit);

    public Task<EstateAnswer> CreateAsync(Caller who, NewUser user, CancellationToken cancellationToken) => ChangeAsync("create user", user);

    public Task<EstateAnswer> UpdateAsync(Caller who, UserEdit edit, CancellationToken cancellationToken) => ChangeAsync("update user", edit);

    public Task<EstateAnswer> RemoveAsync(Caller who, string name, string transferTo, CancellationToken cancellationToken) => ChangeAsync("remove user", (name, transferTo));

    public async Task<Page<UserFacts>> ListAsync(Caller who, string prefix, string after, int limit, CancellationToken cancellationToken)
    {
        await KeepAsync("list users", (prefix, after, limit));
        return new(Users);
    }

    public Task<EstateAnswer> RemoveTotpAsync(Caller who, string name, string password, CancellationToken cancellationToken) => ChangeAsync("remove totp", name);

    public Task<EstateAnswer> CreateAsync(Caller who, NewGroup group, CancellationToken cancellationToken) => ChangeAsync("create group", group);

    public Task<EstateAnswer> UpdateAsync(Caller who, GroupEdit edit, CancellationToken cancellationToken) => ChangeAsync("update group", edit);

    public Task<EstateAnswer> RemoveAsync(Caller who, string group, string moveAgentsTo, long expectedRevision, CancellationToken cancellationToken) =>
        ChangeAsync("remove group", (group, moveAgentsTo, expectedRevision));

    async Task<Page<GroupFacts>> IGroupDesk.ListAsync(Caller who, string prefix, string after, int limit, CancellationToken cancellationToken)
    {
        await KeepAsync("list groups", (prefix, after, limit));
        return new([new GroupFacts("g1", "lab machines", "", "mira", [new("noor", "viewer"), new("omar", "member")]) { Agents = 2 }]);
    }

    public async Task<ImmutableArray<RoleFacts>?> ListAsync(Caller who, CancellationToken cancellationToken)
    {
        await KeepAsync("list roles");
        return [new RoleFacts("operator", "Runs the farm", ["job:*"], false, true, 4)];
    }

    public Task<EstateAnswer> PutAsync(Caller who, RoleFacts role, CancellationToken cancellationToken) => ChangeAsync("put role", role);

    public Task<EstateAnswer> RemoveAsync(Caller who, string name, CancellationToken cancellationToken) => ChangeAsync("remove role", name);

    public async Task<TokenMade> CreateAsync(Caller who, NewToken token, CancellationToken cancellationToken) =>
        new(await ChangeAsync("create token", token), "a secret", DateTimeOffset.FromUnixTimeSeconds(4_000_000_000));

    public async Task<ImmutableArray<TokenFacts>?> ListAsync(Caller who, string user, CancellationToken cancellationToken)
    {
        await KeepAsync("list tokens", user);
        return [new TokenFacts("t1", "ci", "alice", ["job:read"], DateTimeOffset.FromUnixTimeSeconds(1), null)];
    }

    public Task<EstateAnswer> RevokeAsync(Caller who, string id, CancellationToken cancellationToken) => ChangeAsync("revoke token", id);

    public async Task<ImmutableArray<TokenFacts>?> ListSessionsAsync(Caller who, string user, CancellationToken cancellationToken)
    {
        await KeepAsync("list sessions", user);
        return [new TokenFacts("s1", "", "alice", [], DateTimeOffset.FromUnixTimeSeconds(1), null) { Current = true, Address = "192.0.2.1" }];
    }

    public Task<EstateAnswer> EndSessionAsync(Caller who, string id, CancellationToken cancellationToken) => ChangeAsync("end session", id);

    public async Task<Page<AuditEntry>?> QueryAsync(Caller who, AuditQuery query, CancellationToken cancellationToken)
    {
        await KeepAsync("query audit", query);
        return new([new AuditEntry(9, DateTimeOffset.FromUnixTimeSeconds(1), "user:admin", "account.saved", "alice", "192.0.2.1", "{}")]);
    }

    public Task<EstateAnswer> CreateAsync(Caller who, NewListener listener, CancellationToken cancellationToken) => ChangeAsync("create listener", listener);

    public Task<EstateAnswer> UpdateAsync(Caller who, ListenerEdit edit, CancellationToken cancellationToken) => ChangeAsync("update listener", edit);

    Task<EstateAnswer> IListenerDesk.RemoveAsync(Caller who, ListenerRemoval removal, CancellationToken cancellationToken) => ChangeAsync("remove listener", removal);

    public ImmutableArray<ListenerFacts>? List(Caller who)
    {
        Asked.Enqueue(("list listeners", null));
        return [new ListenerFacts(2, "people", "admin", "0.0.0.0", 8768, ListenerState.Listening) { Enabled = true, Revision = 5 }];
    }

    public async Task<Page<AgentFacts>> ListAsync(Caller who, string group, bool onlineOnly, string after, int limit, CancellationToken cancellationToken)
    {
        await KeepAsync("list agents", group);
        return new(Agents);
    }

    public Task<EstateAnswer> ModerateAsync(Caller who, string uuid, AgentModeration action, CancellationToken cancellationToken) => ChangeAsync("moderate agent", (uuid, action));

    public Task<AgentFacts?> FindAsync(Caller who, string agent, CancellationToken cancellationToken) => Task.FromResult(Agents.FirstOrDefault(a => a.Uuid == agent || a.Name == agent));

    public Task<EstateAnswer> RenameAsync(Caller who, string agent, string name, CancellationToken cancellationToken) => ChangeAsync("rename agent", (agent, name));

    public Task<EstateAnswer> DrainAsync(Caller who, string agent, bool drained, CancellationToken cancellationToken) => ChangeAsync("drain agent", (agent, drained));

    public Task<EstateAnswer> RotateAsync(Caller who, string agent, CancellationToken cancellationToken) => ChangeAsync("rotate agent", agent);

    public Task<ImmutableArray<EnrolmentKeyFacts>> ListKeysAsync(Caller who, string group, CancellationToken cancellationToken) => Task.FromResult(ImmutableArray<EnrolmentKeyFacts>.Empty);

    public async Task<EnrolmentKeyMade> CreateKeyAsync(Caller who, NewEnrolmentKey key, CancellationToken cancellationToken) =>
        new(await ChangeAsync("create key", key), "a key", DateTimeOffset.FromUnixTimeSeconds(4_000_000_000));

    public Task<EstateAnswer> RevokeKeyAsync(Caller who, string id, CancellationToken cancellationToken) => ChangeAsync("revoke key", id);

    public async Task<AgentWelcome> EnrolAsync(string key, ReadOnlyMemory<byte> request, string instance, IPAddress from, CancellationToken cancellationToken)
    {
        await KeepAsync("enrol", (key, instance));
        return Welcome;
    }

    public async Task<AgentWelcome> RenewAsync(string uuid, ReadOnlyMemory<byte> request, IPAddress from, CancellationToken cancellationToken)
    {
        await KeepAsync("renew certificate", uuid);
        return Welcome;
    }

    public string? Recognize(ReadOnlyMemory<byte> certificate) => null;

    public void NoteStrange(ReadOnlyMemory<byte> certificate, string remote) => throw new NotSupportedException("No test of these shows a certificate.");

    public bool IsActive(string uuid) => Agents.Any(a => a.Uuid == uuid && !a.Revoked);

    public async Task<EstateAnswer> BuildAsync(Caller who, AgentOrder order, Action<AgentProgress> progress, CancellationToken cancellationToken)
    {
        var answer = await ChangeAsync("build agent", order);
        if (answer.Succeeded) Build(progress);
        return answer;
    }

    public async Task<AgentArtifactPart?> FetchAsync(Caller who, string build, long offset, int maxBytes, CancellationToken cancellationToken)
    {
        await KeepAsync("fetch artifact", (build, offset, maxBytes));
        return Part;
    }

    public void Ended(string name, string remote, string reason) => Ends.Enqueue(reason);

    public void Failed(string name, string request, Exception error) => Failures.Enqueue($"{request}: {error.Message}");

    public void Denied(Caller who, string request, string right) => Denials.Enqueue((who.Principal.Name, request, right));

    public void Reported(AgentReport report) => Reports.Enqueue(report);

    public Task ReportAsync(AgentReport report, CancellationToken cancellationToken) => KeepAsync("report agent", report);

    private async Task<EstateAnswer> ChangeAsync(string what, object? with)
    {
        await KeepAsync(what, with);
        return Answer;
    }

    private async Task KeepAsync(string what, object? with = null)
    {
        Asked.Enqueue((what, with));
        await Gate;
        if (Trouble is not null) throw Trouble;
    }
}
