using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;
using Quern.WorkerHost;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>Agents from their key to their end, over TLS.</summary>
public sealed class AgentWayTests
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_trades_its_key_for_a_certificate_and_works_by_it()
    {
        await using var yard = await AgentYard.StartAsync();
        string key = await yard.Farm.KeyAsync(k => k with { Tags = ["big"], Slots = 3 });

        _ = yard.Run(yard.Configure(key));
        var link = await yard.LinkAsync();

        var result = await link.RunAsync(new RemoteCommand.Shell { Command = ["true"] }, "slot-1", new SilentObserver(), Cancellation);
        Assert.Equal(new CommandResult.Ended(0), result);
        var standing = yard.Farm.Master.Master.Pool.StandingOf(new WorkerName("mill"))!;
        Assert.Equal(3, standing.Slots);
        Assert.Equal(["big"], standing.Tags);
        var facts = await yard.UntilAsync(async () => await yard.Farm.FactsAsync("mill") is { Version.Length: > 0 } seen ? seen : null);
        Assert.Equal((true, false, Environment.MachineName), (facts.Online, facts.Pending, facts.Hostname));
        Assert.Equal((Private, false), (File.GetUnixFileMode(Path.Combine(yard.State, "identity.pem")), File.Exists(Path.Combine(yard.State, "asked.key"))));
        Assert.DoesNotContain(key, await File.ReadAllTextAsync(Path.Combine(yard.State, "identity.pem"), Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_joins_works_and_is_revoked_over_the_farms_own_listeners()
    {
        await using var yard = await AgentYard.StartAsync();
        var listeners = yard.Farm.Master.Get<IListenerDesk>();
        foreach (string protocol in (string[])["admin", "buildbot-msgpack"])
            Assert.Equal(EstateCode.Done, (await listeners.CreateAsync(
                yard.Farm.Superuser, new NewListener(protocol, "127.0.0.1", 0) { Tls = new ListenerTls.Farm() }, Cancellation)).Code);
        var open = listeners.List(yard.Farm.Superuser)!.Value;
        var (admin, work) = (open.Single(l => l.Protocol == "admin"), open.Single(l => l.Protocol == "buildbot-msgpack"));

        _ = yard.Run(
            yard.Configure(await yard.Farm.KeyAsync(), Convert.ToBase64String(admin.CertificateSha256.Span), admin: admin.Open!.Port, work: work.Open!.Port),
            new OtherClock(hurried: true));
        var link = await yard.LinkAsync();
        Assert.Equal(
            new CommandResult.Ended(0), await link.RunAsync(new RemoteCommand.Shell { Command = ["true"] }, "slot-1", new SilentObserver(), Cancellation));
        Assert.True((await yard.Farm.Desk.RotateAsync(yard.Farm.Owner, "mill", Cancellation)).Succeeded);
        link = await yard.LinkAsync(other: link);
        await yard.UntilAsync(async () => await yard.Farm.FactsAsync("mill") is { RenewalAsked: false } done ? done : null);
        await yard.Farm.Desk.ModerateAsync(yard.Farm.Owner, "mill", AgentModeration.RevokeCertificate, Cancellation);

        Assert.Contains("revoked", await link.Closed.WaitAsync(AgentYard.Patience, Cancellation), StringComparison.Ordinal);
        await yard.SaidAsync("does not accept");
        Assert.Equal(0, yard.Admin.Sessions);
    }

    [Fact]
    public async Task An_agent_that_was_stopped_comes_back_without_its_key()
    {
        await using var yard = await AgentYard.StartAsync();
        using var stop = new CancellationTokenSource();
        var first = yard.Run(yard.Configure(await yard.Farm.KeyAsync()), stop: stop.Token);
        var link = await yard.LinkAsync();
        await stop.CancelAsync();
        Assert.Equal(0, await first.WaitAsync(AgentYard.Patience, Cancellation));
        await link.Closed.WaitAsync(AgentYard.Patience, Cancellation);

        _ = yard.Run(yard.Configure("quern_agent_of_long_ago"));
        await yard.LinkAsync(other: link);

        Assert.Equal(1, yard.Admin.Sessions);
    }

    [Fact]
    public async Task A_farm_with_another_key_is_told_nothing()
    {
        await using var yard = await AgentYard.StartAsync();
        using var other = TlsDoor.NewCertificate();

        _ = yard.Run(yard.Configure(await yard.Farm.KeyAsync(), TlsDoor.SpkiOf(other)));

        Assert.Contains("cannot trust", await yard.SaidAsync("no certificate from"), StringComparison.Ordinal);
        Assert.Equal(0, yard.Admin.Sessions);
    }

    [Fact]
    public async Task A_key_that_is_worth_nothing_ends_the_agent()
    {
        await using var yard = await AgentYard.StartAsync();

        Assert.Equal(Agent.Unwanted, await yard.Run(yard.Configure("quern_agent_" + new string('0', 64))).WaitAsync(AgentYard.Patience, Cancellation));

        await yard.SaidAsync("does not let this machine in");
        Assert.Contains("no such key", (await yard.Farm.LastRefusalAsync()).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_dies_between_the_grant_and_its_storing_asks_again_with_its_own_key()
    {
        await using var yard = await AgentYard.StartAsync();
        string configuration = yard.Configure(await yard.Farm.KeyAsync());
        yard.Admin.LoseAnswers = 1;
        using var stop = new CancellationTokenSource();
        var first = yard.Run(configuration, stop: stop.Token);
        await yard.SaidAsync("without an answer");
        await stop.CancelAsync();
        await first.WaitAsync(AgentYard.Patience, Cancellation);
        Assert.Equal((Private, false), (File.GetUnixFileMode(Path.Combine(yard.State, "asked.key")), File.Exists(Path.Combine(yard.State, "identity.pem"))));

        _ = yard.Run(configuration);
        await yard.LinkAsync();

        Assert.Single((await yard.Farm.Desk.ListAsync(yard.Farm.Superuser, "", false, "", 100, Cancellation)).Items);
        Assert.False(File.Exists(Path.Combine(yard.State, "asked.key")));
    }

    [Fact]
    public async Task An_agent_that_must_be_let_in_waits_until_it_is()
    {
        await using var yard = await AgentYard.StartAsync();
        _ = yard.Run(yard.Configure(await yard.Farm.KeyAsync(k => k with { RequireApproval = true })), new OtherClock(hurried: true));
        await yard.SaidAsync("somebody must let it in");
        Assert.True((await yard.Farm.FactsAsync("mill")).Pending);

        Assert.True((await yard.Farm.Desk.ModerateAsync(yard.Farm.Owner, "mill", AgentModeration.Approve, Cancellation)).Succeeded);

        await yard.LinkAsync();
    }

    [Fact]
    public async Task A_revoked_agent_loses_its_link_at_once_and_does_not_come_back()
    {
        await using var yard = await AgentYard.StartAsync();
        _ = yard.Run(yard.Configure(await yard.Farm.KeyAsync()), new OtherClock(hurried: true));
        var link = await yard.LinkAsync();

        await yard.Farm.Desk.ModerateAsync(yard.Farm.Owner, "mill", AgentModeration.RevokeCertificate, Cancellation);

        Assert.Contains("revoked", await link.Closed.WaitAsync(AgentYard.Patience, Cancellation), StringComparison.Ordinal);
        await yard.SaidAsync("does not accept");
        Assert.Null(yard.Farm.Master.Master.Pool.Find(new WorkerName("mill")));
        var refused = await yard.UntilAsync(async () =>
            (await yard.Farm.Store.ReadJournalAsync(0, 10_000, Cancellation)).LastOrDefault(e => e.Kind == "agent.refused"));
        Assert.Equal((await yard.Farm.FactsAsync("mill")).Uuid, refused.Subject);
    }

    [Fact]
    public async Task An_agent_that_is_asked_to_comes_back_with_a_new_key_pair()
    {
        await using var yard = await AgentYard.StartAsync();
        _ = yard.Run(yard.Configure(await yard.Farm.KeyAsync()), new OtherClock(hurried: true));
        var link = await yard.LinkAsync();
        string before = await File.ReadAllTextAsync(Path.Combine(yard.State, "identity.pem"), Cancellation);
        string uuid = (await yard.Farm.FactsAsync("mill")).Uuid;

        Assert.True((await yard.Farm.Desk.RotateAsync(yard.Farm.Owner, "mill", Cancellation)).Succeeded);

        Assert.Contains("renew", await link.Closed.WaitAsync(AgentYard.Patience, Cancellation), StringComparison.Ordinal);
        await yard.LinkAsync(other: link);
        await yard.UntilAsync(async () => await yard.Farm.FactsAsync("mill") is { RenewalAsked: false } done ? done : null);
        var certificates = await yard.Farm.Store.ListCertificatesAsync(uuid, Cancellation);
        Assert.Equal([true, false], certificates.Select(c => c.RevokedAt is not null));
        Assert.NotEqual(before, await File.ReadAllTextAsync(Path.Combine(yard.State, "identity.pem"), Cancellation));
    }

    [Fact]
    public async Task An_agent_renews_when_two_thirds_are_over_and_not_again_at_once()
    {
        await using var yard = await AgentYard.StartAsync();
        using var stop = new CancellationTokenSource();
        string configuration = yard.Configure(await yard.Farm.KeyAsync());
        var first = yard.Run(configuration, stop: stop.Token);
        var link = await yard.LinkAsync();
        await stop.CancelAsync();
        await first.WaitAsync(AgentYard.Patience, Cancellation);
        string uuid = (await yard.Farm.FactsAsync("mill")).Uuid;

        // By this clock the new certificate is due as well as the old one.
        _ = yard.Run(configuration, new OtherClock(ahead: TimeSpan.FromDays(61)));
        await yard.UntilAsync(async () => await yard.Farm.Store.ListCertificatesAsync(uuid, Cancellation) is { Length: > 1 } two ? two.ToList() : null);
        await yard.LinkAsync(other: link);

        Assert.Equal(2, (await yard.Farm.Store.ListCertificatesAsync(uuid, Cancellation)).Length);
    }

    [Fact]
    public async Task A_clock_by_which_the_certificate_is_over_does_not_end_the_agent()
    {
        await using var yard = await AgentYard.StartAsync();
        using var stop = new CancellationTokenSource();
        string configuration = yard.Configure(await yard.Farm.KeyAsync());
        var first = yard.Run(configuration, stop: stop.Token);
        var link = await yard.LinkAsync();
        await stop.CancelAsync();
        await first.WaitAsync(AgentYard.Patience, Cancellation);

        _ = yard.Run(configuration, new OtherClock(ahead: TimeSpan.FromDays(1000)));

        await yard.LinkAsync(other: link);
    }

    [Theory]
    [InlineData(MasterProtocol.MessagePack)]
    [InlineData(MasterProtocol.MessagePackV1)]
    internal async Task The_name_comes_from_the_certificate_whatever_the_worker_says(MasterProtocol protocol)
    {
        await using var yard = await AgentYard.StartAsync();
        using var certificate = await yard.Farm.JoinAsync("mill");

        yard.RunWorker(certificate, "somebody-else", protocol);

        await yard.LinkAsync();
        Assert.Null(yard.Farm.Master.Master.Pool.Find(new WorkerName("somebody-else")));
    }

    [Fact]
    public async Task A_renamed_agent_comes_back_under_its_new_name()
    {
        await using var yard = await AgentYard.StartAsync();
        using var certificate = await yard.Farm.JoinAsync("mill");
        yard.RunWorker(certificate, "mill");
        var link = await yard.LinkAsync();

        Assert.True((await yard.Farm.Desk.RenameAsync(yard.Farm.Owner, "mill", "press", Cancellation)).Succeeded);

        Assert.Contains("renamed", await link.Closed.WaitAsync(AgentYard.Patience, Cancellation), StringComparison.Ordinal);
        await yard.LinkAsync("press");
    }

    [Fact]
    public async Task A_strangers_certificate_is_refused_though_the_password_is_right()
    {
        await using var yard = await AgentYard.StartAsync();
        var made = await yard.Farm.Master.Get<Quern.MasterHost.Api.WorkerCredentials>().SetAsync(new WorkerName("plain"), rotate: false, 1, brought: null, Actor.Farm, Cancellation);
        using var stranger = TlsDoor.NewCertificate();

        Assert.Equal("HTTP/1.1 401 Unauthorized", await HandshakeAsync(yard, "plain", made.Made!, stranger));
        Assert.Equal("HTTP/1.1 101 Switching Protocols", await HandshakeAsync(yard, "plain", made.Made!, null));
        Assert.Equal("HTTP/1.1 401 Unauthorized", await HandshakeAsync(yard, "plain", "wrong", null));
    }

    [Theory, Trait("CWE", "295")]
    [InlineData(true, "the certificate was revoked")]
    [InlineData(false, "the certificate is not signed by its authority")]
    public async Task A_certificate_that_does_not_count_lets_nobody_in_at_either_door(bool revoked, string reason)
    {
        await using var yard = await AgentYard.StartAsync();
        using var real = await yard.Farm.JoinAsync();
        using var shown = revoked ? real : LookAlikeOf(real);
        string uuid = yard.Farm.Desk.Recognize(real.RawData)!;
        if (revoked) await yard.Farm.Desk.ModerateAsync(yard.Farm.Owner, "mill", AgentModeration.RevokeCertificate, Cancellation);
        var listeners = yard.Farm.Master.Get<IListenerDesk>();
        Assert.Equal(EstateCode.Done, (await listeners.CreateAsync(
            yard.Farm.Superuser, new NewListener("admin", "127.0.0.1", 0) { Tls = new ListenerTls.Farm() }, Cancellation)).Code);
        var admin = listeners.List(yard.Farm.Superuser)!.Value.Single(l => l.Protocol == "admin");

        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", admin.Open!.Port, Cancellation);
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "farm",
                ClientCertificates = [shown],
                RemoteCertificateValidationCallback = (_, farms, _, _) => SHA256.HashData(farms!.GetRawCertData()).AsSpan().SequenceEqual(admin.CertificateSha256.Span),
            }, Cancellation);

        var refused = await yard.UntilAsync(async () => (await yard.Farm.Store.ReadJournalAsync(0, 10_000, Cancellation)).LastOrDefault(e => e.Kind == EventKinds.AgentRefused));
        Assert.Equal(uuid, refused.Subject);
        Assert.Contains($"\"reason\":\"{reason}\",\"address\":\"127.0.0.1:", refused.Data, StringComparison.Ordinal);
        Assert.False((await yard.Farm.FactsAsync("mill")).Online);
        Assert.Equal("HTTP/1.1 401 Unauthorized", await HandshakeAsync(yard, "mill", "x", shown));
    }

    /// <summary>With the same serial number and names, and a key of somebody else's.</summary>
    private static X509Certificate2 LookAlikeOf(X509Certificate2 real)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(real.SubjectName, key, HashAlgorithmName.SHA256);
        foreach (var extension in real.Extensions) request.CertificateExtensions.Add(extension);
        using var forged = request.Create(
            real.IssuerName, X509SignatureGenerator.CreateForECDsa(key), real.NotBefore.ToUniversalTime(), real.NotAfter.ToUniversalTime(), real.SerialNumberBytes.Span);
        using var whole = forged.CopyWithPrivateKey(key);
        // The platform's TLS wants a key it can hand on, not one that lives in this object.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>The first line of the master's answer to an opening request.</summary>
    private static async Task<string> HandshakeAsync(AgentYard yard, string name, string password, X509Certificate2? certificate)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", yard.WorkPort, Cancellation);
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "farm",
                ClientCertificates = certificate is null ? null : [certificate],
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetRawCertData().AsSpan().SequenceEqual(yard.Certificate.RawData),
            }, Cancellation);
        string login = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}"));
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET / HTTP/1.1\r\nHost: farm\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nAuthorization: Basic {login}\r\n\r\n"), Cancellation);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadLineAsync(Cancellation).AsTask().WaitAsync(AgentYard.Patience, Cancellation) ?? "";
    }
}
