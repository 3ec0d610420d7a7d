using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.MasterHost.Tests.Estate;
using Quern.Model;
using Quern.Protocols.Admin;
using Quern.Storage;
using Quern.WorkerHost;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>An agent at the administration listener, over TLS: from its key to what it says of its machine.</summary>
public sealed class AgentReportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_that_enrolled_logs_in_by_its_certificate_and_what_it_says_is_kept()
    {
        await using var farm = await AdminDial.StartAsync();
        using var owner = farm.Client();
        var (uuid, certificate) = await EnrolAsync(farm, await KeyAsync(owner));
        using var shown = certificate;
        var says = new RS_AgentMetadata
        {
            Hostname = "mill.lab\r\n",
            InstallDirectory = "/opt/quern",
            Os = OsType.OsFreebsd,
            Arch = ArchType.ArchRiscv64,
            BootAgentDetected = true,
            AgentVersion = "7.8.9",
        };

        await ComeAsync(farm, uuid, shown, says);

        string path = $"/api/v1/agents/{uuid}";
        var found = await owner.GetFromJsonAsync<JsonObject>(path, Cancellation);
        string Text(string name) => found![name]!.ToString();
        Assert.Equal(("mill.lab", "freebsd", "riscv64", "/opt/quern", "7.8.9"), (Text("hostname"), Text("os"), Text("processor"), Text("install_folder"), Text("version")));
        Assert.Equal((true, "127.0.0.1"), (found!["boot_agent"]!.GetValue<bool>(), Text("address")));
        Assert.NotNull(found["reported_at"]);
        var told = (await farm.Get<FarmStore>().FindLastEventAsync("agent.reported", Cancellation))!;
        Assert.Equal((uuid, $"agent:{uuid}", "/opt/quern"), (told.Subject, told.Actor, JsonNode.Parse(told.Data)!["install_folder"]!.ToString()));

        // The same again is no news; something else is.
        await ComeAsync(farm, uuid, shown, says);
        Assert.Equal(told.Sequence, (await farm.Get<FarmStore>().FindLastEventAsync("agent.reported", Cancellation))!.Sequence);
        says.Arch = (ArchType)99;
        says.BootAgentDetected = false;
        await ComeAsync(farm, uuid, shown, says);
        Assert.True((await farm.Get<FarmStore>().FindLastEventAsync("agent.reported", Cancellation))!.Sequence > told.Sequence);

        await using var admin = await AdminDial.OpenAsync(farm);
        Assert.Equal("LOGIN_OK", await AdminDial.AskAsync(admin, new RQ_Login { Username = "admin", Password = "open sesame" }));
        var listed = Assert.Single(Assert.IsType<RS_ListAgents>(await AdminDial.ReadAsync(admin, new RQ_ListAgents())).Agent);
        Assert.Equal((uuid, "mill.lab", OsType.OsFreebsd, ArchType.ArchRiscv64, "7.8.9"), (listed.Uuid, listed.Hostname, listed.Os, listed.Arch, listed.AgentVersion));
    }

    [Fact]
    public async Task Quern_s_own_agents_say_what_they_are_when_they_renew_their_certificate()
    {
        await using var farm = await AdminDial.StartAsync();
        using var owner = farm.Client();
        var (uuid, certificate) = await EnrolAsync(farm, await KeyAsync(owner));
        using var shown = certificate;
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        await using (var stream = await AdminDial.StreamAsync(farm, shown))
            Assert.IsType<CertificateAnswer.Granted>(await AdminExchange.RenewAsync(stream, $"{Guid.NewGuid()}", AgentFarm.Request(next), Cancellation));

        var began = TimeProvider.System.GetTimestamp();
        while ((await farm.Get<FarmStore>().FindAgentAsync(uuid, Cancellation))!.ReportedAt is null)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60), "the report was not kept");
            await farm.Get<FarmStore>().WaitPastAsync(farm.Get<FarmStore>().LastSequence - 1, Cancellation);
        }
        var agent = (await farm.Get<FarmStore>().FindAgentAsync(uuid, Cancellation))!;
        Assert.Equal((Environment.MachineName, "linux", WorkerFacts.Version), (agent.Hostname, agent.Os, agent.Version));
        Assert.Equal(Path.GetDirectoryName(Environment.ProcessPath), agent.InstallFolder);
    }

    [Fact]
    public async Task An_agent_that_was_revoked_is_a_stranger_and_is_asked_nothing()
    {
        await using var farm = await AdminDial.StartAsync();
        using var owner = farm.Client();
        var (uuid, certificate) = await EnrolAsync(farm, await KeyAsync(owner));
        using var shown = certificate;
        Assert.True((await owner.PostAsync($"/api/v1/agents/{uuid}/revoke", null, Cancellation)).IsSuccessStatusCode);
        int asked = 0;

        await using var client = await AdminDial.OpenAsync(farm, OptionsOf(_ =>
        {
            Interlocked.Increment(ref asked);
            return null;
        }), shown);

        Assert.Equal("AUTH_SESSION_FAILED", await AdminDial.AskAsync(client, new RQ_AuthSession()));
        Assert.Equal(0, asked);
        Assert.Null((await farm.Get<FarmStore>().FindAgentAsync(uuid, Cancellation))!.ReportedAt);
    }

    /// <summary>Comes by its certificate, says what it is, and goes when the farm has kept that.</summary>
    private static async Task ComeAsync(MasterFixture farm, string uuid, X509Certificate2 certificate, RS_AgentMetadata says)
    {
        async Task<DateTimeOffset?> ReportedAsync() => (await farm.Get<FarmStore>().FindAgentAsync(uuid, Cancellation))!.ReportedAt;
        var before = await ReportedAsync();
        var began = TimeProvider.System.GetTimestamp();
        await using var client = await AdminDial.OpenAsync(farm, OptionsOf(question => question is RQ_AgentMetadata ? new AdminReply.Message(says) : null), certificate);
        Assert.Equal("AUTH_SESSION_OK", await AdminDial.AskAsync(client, new RQ_AuthSession()));
        // The answer may be on its way behind a question of the client.
        while (await ReportedAsync() == before)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60), "the report was not kept");
            Assert.Equal("PING_OK", await AdminDial.AskAsync(client, new RQ_Ping()));
        }
    }

    private static async Task<string> KeyAsync(HttpClient owner)
    {
        await owner.PostAsJsonAsync("/api/v1/groups", new JsonObject { ["name"] = "labs", ["owner"] = "admin" }, Cancellation);
        return (await MasterFixture.BodyAsync(await owner.PostAsJsonAsync("/api/v1/agents/keys", new JsonObject { ["group"] = "labs" }, Cancellation)))["key"]!.ToString();
    }

    private static async Task<(string Uuid, X509Certificate2 Certificate)> EnrolAsync(MasterFixture farm, string key)
    {
        var machine = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var client = await AdminDial.OpenAsync(farm, OptionsOf(_ => null));
        var answer = Assert.IsType<AdminReply.Result>(await client.AskAsync(
            new RQ_AuthSession { EnrolmentToken = key, Csr = ByteString.CopyFrom(AgentFarm.Request(machine)) }, Cancellation));
        Assert.Equal("AUTH_SESSION_OK", answer.Name);
        using var bare = X509CertificateLoader.LoadCertificate(answer.Tail!.Certificate.Certificate.Span);
        return (answer.Tail.ResourceId, bare.CopyWithPrivateKey(machine));
    }

    private static AdminClientOptions OptionsOf(Func<IMessage, AdminReply?> questions) =>
        new() { Type = InstanceType.InstanceAgent, Flavor = InstanceFlavor.FlavorAgentRust, Questions = questions };
}
