using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quern.Testing;

namespace Quern.WorkerHost.Tests.Agents;

/// <summary>What an agent keeps on disk.</summary>
public sealed class AgentFolderTests
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly DateTimeOffset From = new(2061, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_key_that_was_asked_with_is_asked_with_again_until_its_certificate_is_stored()
    {
        using var scratch = new ScratchFolder();
        var folder = new AgentFolder(scratch["agent"]);
        using var key = folder.AskedKey();
        using var again = new AgentFolder(scratch["agent"]).AskedKey();

        Assert.Equal(key.ExportSubjectPublicKeyInfo(), again.ExportSubjectPublicKeyInfo());
        Assert.Null(folder.ReadIdentity());
        var stored = folder.Store(Grant(key, "mill"), key);

        Assert.Equal(stored, folder.ReadIdentity());
        Assert.Equal(("mill", From.AddDays(60)), (stored.Name.Value, stored.RenewAt));
        Assert.Equal((Private, Private | UnixFileMode.UserExecute), (File.GetUnixFileMode(folder.IdentityFile), File.GetUnixFileMode(folder.Path)));
        using var next = folder.AskedKey();
        Assert.NotEqual(key.ExportSubjectPublicKeyInfo(), next.ExportSubjectPublicKeyInfo());
    }

    [Fact]
    public void What_the_farm_gives_must_be_for_the_key_and_for_an_agent()
    {
        using var scratch = new ScratchFolder();
        var folder = new AgentFolder(scratch["agent"]);
        using var key = folder.AskedKey();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        Assert.Contains("another key", Assert.Throws<IOException>(() => folder.Store(Grant(other, "mill"), key)).Message, StringComparison.Ordinal);
        Assert.Contains("UUID", Assert.Throws<IOException>(() => folder.Store(Grant(key, "mill", uri: "https://farm.example"), key)).Message, StringComparison.Ordinal);
        Assert.Contains("no certificate", Assert.Throws<IOException>(() => folder.Store(new CertificateAnswer.Granted(new byte[] { 1 }, []), key)).Message, StringComparison.Ordinal);
        Assert.Null(folder.ReadIdentity());
        Assert.True(File.Exists(folder.AskedKeyFile));
    }

    [Fact]
    public void Files_that_somebody_spoiled_are_named()
    {
        using var scratch = new ScratchFolder();
        var folder = new AgentFolder(scratch["agent"]);
        File.WriteAllText(folder.IdentityFile, "nothing");
        File.WriteAllText(folder.AskedKeyFile, "nothing");

        Assert.Contains(folder.IdentityFile, Assert.Throws<IOException>(folder.ReadIdentity).Message, StringComparison.Ordinal);
        Assert.Contains(folder.AskedKeyFile, Assert.Throws<IOException>(folder.AskedKey).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Status_tells_who_it_is_and_what_it_did_last()
    {
        using var scratch = new ScratchFolder();
        Assert.Equal((1, "no agent was ever run"), Status(scratch["none"], From, "no agent was ever run"));
        var folder = new AgentFolder(scratch["agent"]);
        Assert.Equal((1, "has not asked"), Status(folder.Path, From, "has not asked"));
        using var key = folder.AskedKey();
        Assert.Equal((1, "has none yet"), Status(folder.Path, From, "has none yet"));
        folder.Store(Grant(key, "mill"), key);
        folder.Tell(From, "connected");

        Assert.Equal((0, "mill"), Status(folder.Path, From, "mill"));
        Assert.Equal((0, "2061-01-01 00:00:00Z connected"), Status(folder.Path, From, "2061-01-01 00:00:00Z connected"));
        Assert.Equal((1, "over since 2061-04-01"), Status(folder.Path, From.AddDays(90), "over since 2061-04-01"));
    }

    /// <summary>The exit code, and the text if it was printed.</summary>
    private static (int, string) Status(string state, DateTimeOffset now, string text)
    {
        var output = new StringWriter();
        int code = AgentStatus.Print(state, now, output);
        return (code, $"{output}".Contains(text, StringComparison.Ordinal) ? text : $"{output}");
    }

    private static CertificateAnswer.Granted Grant(ECDsa key, string name, string? uri = null)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("passed.over");
        names.AddUri(new Uri(uri ?? "urn:uuid:00000000-0000-4000-8000-000000000007"));
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(From, From.AddDays(90));
        return new CertificateAnswer.Granted(certificate.RawData, [certificate.RawData]);
    }
}
