using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quern.MasterHost.Access;
using Quern.MasterHost.Agents;
using Quern.Peers.Estate;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>How a machine becomes an agent, and how it does not.</summary>
public sealed class EnrolmentTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_becomes_a_certificate_that_is_recognized()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var machine = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var granted = Assert.IsType<AgentWelcome.Granted>(await farm.EnrolAsync(await farm.KeyAsync(), AgentFarm.Request(machine, "mill-7")));

        using var certificate = X509CertificateLoader.LoadCertificate(granted.Certificate.Span);
        using var issuer = X509CertificateLoader.LoadCertificate(granted.Chain.Single().Span);
        Assert.Equal(("CN=mill-7", $"CN={AgentFarm.Group}", $"CN={AgentFarm.Group}"), (certificate.Subject, certificate.Issuer, issuer.Subject));
        Assert.Equal(granted.Uuid, farm.Desk.Recognize(granted.Certificate));
        Assert.InRange(granted.NotAfter, farm.Time.GetUtcNow().AddDays(90) - TimeSpan.FromSeconds(1), farm.Time.GetUtcNow().AddDays(90));
        Assert.Equal([$"urn:uuid:{granted.Uuid}"], UrisIn(certificate));
        Assert.Equal(["1.3.6.1.5.5.7.3.2"], certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(o => o.Value!));
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.True(certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(machine.ExportSubjectPublicKeyInfo()));

        var facts = await farm.FactsAsync("mill-7");
        Assert.Equal((granted.Uuid, AgentFarm.Group, false, granted.NotAfter), (facts.Uuid, facts.Group, facts.Pending, facts.CertificateNotAfter));
        var account = (await farm.Store.ListWorkersAsync(Cancellation)).Single();
        Assert.Equal(("mill-7", true, "agent"), (account.Name.Value, account.Enabled, account.Origin));
    }

    [Fact]
    public async Task Nothing_of_the_requests_extensions_is_taken_over()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var machine = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mill", machine, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("farm.example");
        request.CertificateExtensions.Add(names.Build());

        var granted = Assert.IsType<AgentWelcome.Granted>(await farm.EnrolAsync(await farm.KeyAsync(), request.CreateSigningRequest()));

        using var certificate = X509CertificateLoader.LoadCertificate(granted.Certificate.Span);
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal(["1.3.6.1.5.5.7.3.2"], certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(o => o.Value!));
        Assert.Equal([$"urn:uuid:{granted.Uuid}"], UrisIn(certificate));
    }

    [Fact]
    public async Task A_refused_machine_is_told_nothing_and_the_journal_why()
    {
        await using var farm = await AgentFarm.StartAsync();
        string used = await farm.KeyAsync();
        Assert.IsType<AgentWelcome.Granted>(await farm.EnrolAsync(used, AgentFarm.Request()));
        string wrong = used[..^4] + (used.EndsWith("0000", StringComparison.Ordinal) ? "1111" : "0000");
        using var small = RSA.Create(1024);
        byte[] weak = new CertificateRequest("CN=a", small, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest();

        foreach (var (key, request, reason) in ((string, byte[], string)[])
        [
            (used, AgentFarm.Request(), "used up"), (wrong, AgentFarm.Request(), "no such key"), ("", AgentFarm.Request(), "no enrolment key"),
            (new string('x', 100_000), AgentFarm.Request(), "no enrolment key"), (await farm.KeyAsync(), weak, "RSA"), (await farm.KeyAsync(), [], "no certificate request"),
        ])
        {
            Assert.IsType<AgentWelcome.Refused>(await farm.EnrolAsync(key, request, IPAddress.Parse("192.0.2.99")));
            var kept = await farm.LastRefusalAsync();
            Assert.Contains(reason, kept.Data, StringComparison.Ordinal);
            Assert.Contains("192.0.2.99", kept.Data, StringComparison.Ordinal);
            if (key.Length > 0) Assert.DoesNotContain(key, kept.Data + kept.Subject, StringComparison.Ordinal);
        }
        Assert.Single((await farm.Desk.ListAsync(farm.Superuser, "", false, "", 100, Cancellation)).Items);
    }

    [Fact]
    public async Task A_key_that_is_over_is_refused_and_one_that_waits_is_not()
    {
        await using var farm = await AgentFarm.StartAsync();
        string key = await farm.KeyAsync(k => k with { Lifetime = TimeSpan.FromMinutes(10) });
        string waiting = await farm.KeyAsync(k => k with { Lifetime = TimeSpan.FromMinutes(10), RequireApproval = true });
        using var machine = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pending = Assert.IsType<AgentWelcome.Pending>(await farm.EnrolAsync(waiting, AgentFarm.Request(machine, "slow")));
        farm.Time.Advance(TimeSpan.FromMinutes(10));

        Assert.IsType<AgentWelcome.Refused>(await farm.EnrolAsync(key, AgentFarm.Request()));
        Assert.IsType<AgentWelcome.Pending>(await farm.EnrolAsync(waiting, AgentFarm.Request(machine, "slow")));
        Assert.True((await farm.Desk.ModerateAsync(farm.Owner, pending.Uuid, AgentModeration.Approve, Cancellation)).Succeeded);
        Assert.Equal(pending.Uuid, Assert.IsType<AgentWelcome.Granted>(await farm.EnrolAsync(waiting, AgentFarm.Request(machine, "slow"))).Uuid);
    }

    [Fact]
    public async Task Two_machines_with_one_key_at_once_are_one_agent_and_one_refusal()
    {
        await using var farm = await AgentFarm.StartAsync();
        string key = await farm.KeyAsync();

        var answers = await Task.WhenAll(farm.EnrolAsync(key, AgentFarm.Request("a")), farm.EnrolAsync(key, AgentFarm.Request("b")));

        Assert.Equal((1, 1), (answers.OfType<AgentWelcome.Granted>().Count(), answers.OfType<AgentWelcome.Refused>().Count()));
    }

    [Fact]
    public async Task A_machine_whose_answer_got_lost_asks_again_with_the_same_key_pair()
    {
        await using var farm = await AgentFarm.StartAsync();
        string key = await farm.KeyAsync();
        using var machine = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var lost = Assert.IsType<AgentWelcome.Granted>(await farm.EnrolAsync(key, AgentFarm.Request(machine)));
        var got = Assert.IsType<AgentWelcome.Granted>(await farm.EnrolAsync(key, AgentFarm.Request(machine)));

        Assert.Equal(lost.Uuid, got.Uuid);
        Assert.Single((await farm.Desk.ListAsync(farm.Superuser, "", false, "", 100, Cancellation)).Items);
    }

    [Fact]
    public async Task Guessing_from_one_address_ends_soon_and_others_go_on()
    {
        await using var farm = await AgentFarm.StartAsync();
        string key = await farm.KeyAsync();
        for (int i = 0; i < LoginLimits.MaxOfUser; i++)
            Assert.IsType<AgentWelcome.Refused>(await farm.EnrolAsync("quern_agent_wrong", AgentFarm.Request()));

        Assert.IsType<AgentWelcome.TooMany>(await farm.EnrolAsync("quern_agent_wrong", AgentFarm.Request()));
        long before = farm.Store.LastSequence;
        Assert.IsType<AgentWelcome.TooMany>(await farm.EnrolAsync("quern_agent_wrong", AgentFarm.Request()));
        Assert.Equal(before, farm.Store.LastSequence);
        Assert.IsType<AgentWelcome.Granted>(await farm.EnrolAsync(key, AgentFarm.Request(), IPAddress.Parse("192.0.2.8")));
        farm.Time.Advance(LoginLimits.Window);
        Assert.IsType<AgentWelcome.Refused>(await farm.EnrolAsync("quern_agent_wrong", AgentFarm.Request()));
    }

    [Fact]
    public async Task A_certificate_counts_until_its_end_its_revocation_or_its_agents_end()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var first = await farm.JoinAsync("first");
        using var second = await farm.JoinAsync("second");
        using var third = await farm.JoinAsync("third");
        Assert.NotNull(farm.Desk.Recognize(first.RawData));

        await farm.Desk.ModerateAsync(farm.Owner, "first", AgentModeration.RevokeCertificate, Cancellation);
        await farm.Desk.ModerateAsync(farm.Owner, "second", AgentModeration.Forget, Cancellation);

        Assert.Null(farm.Desk.Recognize(first.RawData));
        Assert.Null(farm.Desk.Recognize(second.RawData));
        Assert.NotNull(farm.Desk.Recognize(third.RawData));
        farm.Time.Jump(TimeSpan.FromDays(89));
        Assert.NotNull(farm.Desk.Recognize(third.RawData));
        farm.Time.Jump(TimeSpan.FromDays(1));
        Assert.Null(farm.Desk.Recognize(third.RawData));
        farm.Time.Jump(TimeSpan.FromDays(-91));
        Assert.Null(farm.Desk.Recognize(third.RawData));
    }

    [Fact]
    public async Task A_certificate_that_looks_like_ours_is_not()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var real = await farm.JoinAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(real.SubjectName, key, HashAlgorithmName.SHA256);
        foreach (var extension in real.Extensions) request.CertificateExtensions.Add(extension);
        using var forged = request.Create(
            real.IssuerName, X509SignatureGenerator.CreateForECDsa(authority), real.NotBefore.ToUniversalTime(), real.NotAfter.ToUniversalTime(), real.SerialNumberBytes.Span);

        Assert.Equal(real.SerialNumber, forged.SerialNumber);
        Assert.Null(farm.Desk.Recognize(forged.RawData));
        Assert.Null(farm.Desk.Recognize(new byte[] { 0x30, 0x80 }));
        Assert.Null(farm.Desk.Recognize(new byte[1_000_000]));
        Assert.NotNull(farm.Desk.Recognize(real.RawData));
    }

    [Fact]
    public async Task A_certificate_is_renewed_and_the_one_before_is_good_until_the_new_one_is_used()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var old = await farm.JoinAsync();
        string uuid = farm.Desk.Recognize(old.RawData)!;
        farm.Time.Jump(TimeSpan.FromDays(60));

        var granted = Assert.IsType<AgentWelcome.Granted>(await farm.Desk.RenewAsync(uuid, AgentFarm.Request("another name"), AgentFarm.Here, Cancellation));

        using var renewed = X509CertificateLoader.LoadCertificate(granted.Certificate.Span);
        Assert.Equal((uuid, "CN=mill"), (granted.Uuid, renewed.Subject));
        Assert.Equal((uuid, uuid), (farm.Desk.Recognize(old.RawData), farm.Desk.Recognize(granted.Certificate)));
        farm.Time.Jump(TimeSpan.FromDays(31));
        Assert.Equal((null, uuid), (farm.Desk.Recognize(old.RawData), farm.Desk.Recognize(granted.Certificate)));
        await farm.Desk.ModerateAsync(farm.Owner, uuid, AgentModeration.RevokeCertificate, Cancellation);
        Assert.IsType<AgentWelcome.Refused>(await farm.Desk.RenewAsync(uuid, AgentFarm.Request(), AgentFarm.Here, Cancellation));
        Assert.IsType<AgentWelcome.Refused>(await farm.Desk.RenewAsync($"{Guid.NewGuid()}", AgentFarm.Request(), AgentFarm.Here, Cancellation));
    }

    [Fact]
    public async Task Authorities_keys_are_of_no_use_without_the_data_folders_keys()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var machine = await farm.JoinAsync();

        var authority = (await farm.Store.ListAuthoritiesAsync(Cancellation)).Single();

        using var other = new ScratchFolder();
        Assert.Null(SecretVault.OfAuthorities(other["keys"]).Open(authority.PrivateKey, authority.Id));
        var vault = SecretVault.OfAuthorities(Path.Combine(farm.Master.Folder, "keys"));
        Assert.Null(vault.Open(authority.PrivateKey, "another"));
        Assert.Null(vault.Open("no base64 !", authority.Id));
        Assert.NotNull(vault.Open(authority.PrivateKey, authority.Id));
    }

    private static List<string> UrisIn(X509Certificate2 certificate)
    {
        var reader = new System.Formats.Asn1.AsnReader(
            certificate.Extensions.Single(e => e.Oid!.Value == "2.5.29.17").RawData, System.Formats.Asn1.AsnEncodingRules.DER);
        var names = reader.ReadSequence();
        var uris = new List<string>();
        while (names.HasData)
            uris.Add(names.ReadCharacterString(System.Formats.Asn1.UniversalTagNumber.IA5String, new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 6)));
        return uris;
    }
}
