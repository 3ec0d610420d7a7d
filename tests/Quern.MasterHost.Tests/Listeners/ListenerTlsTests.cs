using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Quern.Peers.Estate;
using Quern.Testing;
using static Quern.MasterHost.Tests.Listeners.ListenerFarm;

namespace Quern.MasterHost.Tests.Listeners;

/// <summary>Doors within TLS.</summary>
public sealed class ListenerTlsTests
{
    [Theory]
    [InlineData("http")]
    [InlineData("leaf")]
    [InlineData("buildbot-msgpack")]
    [InlineData("buildbot-pb")]
    [InlineData("branch")]
    public async Task Every_protocol_can_be_within_TLS_1_3_with_the_farms_certificate(string protocol)
    {
        await using var farm = await StartAsync();

        var made = await farm.CreateAsync(new NewListener(protocol, "127.0.0.1", 0) { Tls = new ListenerTls.Farm() });
        await using var peer = await SecureAsync(made);
        await Assert.ThrowsAnyAsync<Exception>(() => SecureAsync(made, SslProtocols.Tls12));

        Assert.Equal((true, "farm", farm.Master.ShownCertificate), (made.Tls, made.TlsKind, HashOf(made)));
        Assert.Equal(HashOf(made), HashOf(peer.RemoteCertificate!));
        Assert.Equal(SslProtocols.Tls13, peer.SslProtocol);
        Assert.Equal(1, farm.Facts(made.Id).RefusedBy["tls_failed"]);
    }

    [Fact]
    public async Task TLS_1_2_comes_in_where_it_is_asked_for()
    {
        await using var farm = await StartAsync();

        var made = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "old") { Tls = new ListenerTls.Farm(), OlderTls = true });
        await using var older = await SecureAsync(made, SslProtocols.Tls12);
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(older));
        await farm.UpdateAsync(new ListenerEdit("old") { OlderTls = false });

        await Assert.ThrowsAnyAsync<Exception>(() => SecureAsync(made, SslProtocols.Tls12));
        await using var newer = await SecureAsync(made);
        Assert.Equal(("HTTP/1.1 200 OK", "HTTP/1.1 200 OK"), (await AskAsync(newer), await AskAsync(older)));
    }

    [Fact]
    public async Task A_page_over_TLS_knows_that_its_address_begins_with_https()
    {
        await using var farm = await StartAsync();
        var made = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0) { Tls = new ListenerTls.Farm() });
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, shown, _, _) => HashOf(shown!) == HashOf(made) };
        using var client = new HttpClient(handler) { BaseAddress = new Uri($"https://{made.Open}") };
        client.DefaultRequestHeaders.Authorization = new("Bearer", File.ReadAllText(Path.Combine(farm["data"], "token")).Trim());

        var document = JsonNode.Parse(await client.GetStringAsync("/openapi/v1.json", Cancellation))!;
        var large = await client.GetAsync("/api/v1/events?after=0", HttpCompletionOption.ResponseHeadersRead, Cancellation);

        Assert.StartsWith("https://", document["servers"]![0]!["url"]!.ToString(), StringComparison.Ordinal);
        Assert.True(large.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_given_certificate_is_shown_and_its_key_is_kept_closed_and_never_told()
    {
        await using var farm = await StartAsync();
        using var certificate = TestCertificate.Make();
        string key = TestCertificate.KeyPemOf(certificate);

        var made = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "own") { Tls = Given(certificate) });
        await using (var peer = await SecureAsync(made)) Assert.Equal(HashOf(certificate), HashOf(peer.RemoteCertificate!));
        Assert.Equal((HashOf(certificate), certificate.NotAfter.ToUniversalTime()), (HashOf(made), made.CertificateNotAfter!.Value.UtcDateTime));
        Assert.Null(farm.Master.ShownCertificate);
        string kept = Assert.Single(await farm.Master.Store.ListListenersAsync(Cancellation)).Tls.PrivateKey;
        await farm.DownAsync();
        await farm.UpAsync();

        await using (var peer = await SecureAsync(farm.Facts("own"))) Assert.Equal(HashOf(certificate), HashOf(peer.RemoteCertificate!));
        string bare = string.Concat(key.Split('\n').Where(l => !l.StartsWith('-')));
        Assert.DoesNotContain(bare[..32], kept, StringComparison.Ordinal);
        Assert.DoesNotContain(bare[..32], Encoding.UTF8.GetString(Convert.FromBase64String(kept)), StringComparison.Ordinal);
        Assert.DoesNotContain(kept[..32], (await farm.LastEventAsync("listener.saved")).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_certificate_is_shown_to_the_next_peer_without_a_new_port()
    {
        await using var farm = await StartAsync();
        using var first = TestCertificate.Make();
        using var second = TestCertificate.Make();
        var made = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "own") { Tls = Given(first) });
        await using var before = await SecureAsync(made);

        var changed = await farm.UpdateAsync(new ListenerEdit("own") { Tls = Given(second) });
        var refused = await farm.Desk.UpdateAsync(Boss, new ListenerEdit("own") { Tls = new ListenerTls.Given(Pem(first), Encoding.ASCII.GetBytes(TestCertificate.KeyPemOf(second))) }, Cancellation);
        await using var after = await SecureAsync(changed);

        Assert.Equal((made.Open, HashOf(second), 2L), (changed.Open, HashOf(changed), changed.Revision));
        Assert.Equal((HashOf(first), HashOf(second)), (HashOf(before.RemoteCertificate!), HashOf(after.RemoteCertificate!)));
        Assert.Equal((EstateCode.InvalidCertificate, "The certificate cannot be used: the key does not belong to the certificate."), (refused.Code, refused.Detail));
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(before));
        Assert.True(JsonNode.Parse((await farm.LastEventAsync("listener.saved")).Data)!["certificate_changed"]!.GetValue<bool>());
    }

    [Fact]
    public async Task A_certificate_in_files_is_renewed_without_a_word_and_a_bad_one_is_told()
    {
        await using var farm = await StartAsync();
        using var first = TestCertificate.Make();
        using var second = TestCertificate.Make();
        Write(farm, first);
        var made = await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "own") { Tls = new ListenerTls.Files(farm["tls.crt"], farm["tls.key"]) });
        await using (var peer = await SecureAsync(made)) Assert.Equal(HashOf(first), HashOf(peer.RemoteCertificate!));

        File.WriteAllText(farm["tls.key"], "rubbish, of another length");
        await using (var peer = await SecureAsync(made)) Assert.Equal(HashOf(first), HashOf(peer.RemoteCertificate!));
        Assert.Contains("the one before goes on", farm.Facts("own").Problem, StringComparison.Ordinal);
        Write(farm, second);
        await using (var peer = await SecureAsync(made)) Assert.Equal(HashOf(second), HashOf(peer.RemoteCertificate!));

        Assert.Equal((HashOf(second), ""), (HashOf(farm.Facts("own")), farm.Facts("own").Problem));
    }

    [Fact]
    public async Task A_key_whose_folder_was_lost_leaves_the_listener_failed_and_the_farm_up()
    {
        await using var farm = await StartAsync();
        using var certificate = TestCertificate.Make();
        await farm.CreateAsync(new NewListener("http", "127.0.0.1", 0, "own") { Tls = Given(certificate) });
        await farm.DownAsync();
        foreach (string file in Directory.GetFiles(Path.Combine(farm["data"], "keys"), "*.xml")) File.Delete(file);
        await farm.UpAsync();

        var failed = farm.Facts("own");
        Assert.Equal(ListenerState.Failed, failed.State);
        Assert.Contains("Give certificate and key again", failed.Problem, StringComparison.Ordinal);
        var healed = await farm.UpdateAsync(new ListenerEdit("own") { Tls = Given(certificate) });
        await using var peer = await SecureAsync(healed);

        Assert.Equal((ListenerState.Listening, ""), (healed.State, healed.Problem));
    }

    private static ListenerTls.Given Given(X509Certificate2 certificate) => new(Pem(certificate), Encoding.ASCII.GetBytes(TestCertificate.KeyPemOf(certificate)));

    private static byte[] Pem(X509Certificate2 certificate) => Encoding.ASCII.GetBytes(certificate.ExportCertificatePem());

    private static string HashOf(X509Certificate certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.GetRawCertData()));

    private static string HashOf(ListenerFacts listener) => Convert.ToHexStringLower(listener.CertificateSha256.Span);

    private static void Write(ListenerFarm farm, X509Certificate2 certificate)
    {
        File.WriteAllText(farm["tls.crt"], certificate.ExportCertificatePem());
        File.WriteAllText(farm["tls.key"], TestCertificate.KeyPemOf(certificate));
    }
}
