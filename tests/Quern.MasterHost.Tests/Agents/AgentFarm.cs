using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>A master with a group, callers of several rights, and machines that want to join.</summary>
internal sealed class AgentFarm : IAsyncDisposable
{
    public const string Group = "Lab machines";
    public static readonly IPAddress Here = IPAddress.Parse("192.0.2.7");

    private AgentFarm(MasterFixture master, ManualTimeProvider time) => (Master, Time) = (master, time);

    public MasterFixture Master { get; }

    /// <summary>The master's clock, unless it was given the real one.</summary>
    public ManualTimeProvider Time { get; }

    public FarmStore Store => Master.Master.Store;

    public IAgentDesk Desk => Master.Get<IAgentDesk>();

    public Caller Superuser { get; } = CallerOf(Right.All);

    /// <summary>The owner of the group, with no right outside of it.</summary>
    public Caller Owner { get; } = CallerOf($"*@{Group}");

    /// <summary>May everything in another group.</summary>
    public Caller Stranger { get; } = CallerOf("*@others");

    public static Caller CallerOf(params string[] rights) => new(new Principal("user:test", [.. rights]), IPAddress.Loopback, "http");

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<AgentFarm> StartAsync(TimeProvider? real = null)
    {
        var time = new ManualTimeProvider();
        var master = await MasterFixture.StartAsync(time: real ?? time);
        await master.Master.Store.CreateGroupAsync(new StoredGroup($"{Guid.NewGuid()}", Group, "", [new("admin", "owner")]), Actor.Farm, CancellationToken.None);
        return new AgentFarm(master, time);
    }

    /// <summary>A good key of the group, which lets one agent in unless the test says otherwise.</summary>
    public async Task<string> KeyAsync(Func<NewEnrolmentKey, NewEnrolmentKey>? with = null)
    {
        var key = new NewEnrolmentKey(Group);
        var made = await Desk.CreateKeyAsync(Owner, with?.Invoke(key) ?? key, Cancellation);
        Assert.Equal((EstateCode.Done, ""), (made.Answer.Code, made.Answer.Detail));
        return made.Secret;
    }

    /// <summary>A machine that is in, with its certificate.</summary>
    public async Task<X509Certificate2> JoinAsync(string name = "mill")
    {
        var machine = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var granted = Assert.IsType<AgentWelcome.Granted>(await EnrolAsync(await KeyAsync(), Request(machine, name)));
        using var certificate = X509CertificateLoader.LoadCertificate(granted.Certificate.Span);
        return certificate.CopyWithPrivateKey(machine);
    }

    public Task<AgentWelcome> EnrolAsync(string key, byte[] request, IPAddress? from = null) =>
        Desk.EnrolAsync(key, request, $"{Guid.NewGuid()}", from ?? Here, Cancellation);

    public static byte[] Request(ECDsa key, string name = "mill") =>
        new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    /// <summary>A request of a machine that nobody saw before.</summary>
    public static byte[] Request(string name = "mill")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Request(key, name);
    }

    public async Task<AgentFacts> FactsAsync(string agent) => (await Desk.FindAsync(Superuser, agent, Cancellation))!;

    /// <summary>Why the last machine was turned away.</summary>
    public async Task<FarmEvent> LastRefusalAsync() =>
        (await Store.ReadJournalAsync(0, 10_000, Cancellation)).Last(e => e.Kind == "agent.refused");

    public ValueTask DisposeAsync() => Master.DisposeAsync();
}
