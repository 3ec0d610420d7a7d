using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quern.MasterHost.Access;
using Quern.Peers.Estate;

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
