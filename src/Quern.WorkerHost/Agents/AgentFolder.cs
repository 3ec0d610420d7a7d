using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Quern.Execution;

namespace Quern.WorkerHost;

/// <summary>
/// What an agent keeps: one file with its certificate and private key, changed as a whole, and while it waits for a certificate the
/// private key that it asked with. Whenever it is killed, it either has the certificate or can ask again with the same key.
/// </summary>
internal sealed class AgentFolder
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public AgentFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(Path, Private);
    }

    public string Path { get; }

    /// <summary>PEM: private key, own certificate, then its issuer's.</summary>
    public string IdentityFile => System.IO.Path.Combine(Path, "identity.pem");

    /// <summary>Of the key that a certificate was asked for and has not come.</summary>
    public string AskedKeyFile => System.IO.Path.Combine(Path, "asked.key");

    public string StatusFile => System.IO.Path.Combine(Path, "status");

    /// <summary>Where builds happen.</summary>
    public string WorkFolder => System.IO.Path.Combine(Path, "work");

    /// <summary>The certificate that it has; null when it has none yet.</summary>
    /// <exception cref="IOException">There is a file that cannot be used.</exception>
    public AgentIdentity? ReadIdentity()
    {
        if (!File.Exists(IdentityFile)) return null;
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(IdentityFile));
            return AgentIdentity.Of(certificate) ?? throw new IOException($"{IdentityFile} holds no certificate of an agent");
        }
        catch (CryptographicException e)
        {
            throw new IOException($"{IdentityFile} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The key to ask with: the one of a question that was not answered, else a new one, stored before anybody hears of it. The caller disposes it.</summary>
    public ECDsa AskedKey()
    {
        var key = ECDsa.Create();
        try
        {
            if (File.Exists(AskedKeyFile))
            {
                key.ImportFromPem(File.ReadAllText(AskedKeyFile));
                return key;
            }
            key.GenerateKey(ECCurve.NamedCurves.nistP256);
            DurableFile.Write(AskedKeyFile, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
            return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new IOException($"{AskedKeyFile} cannot be used ({e.Message}); remove it, and the agent makes another", e);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Keeps a certificate with the key that it was asked with; the one before is gone with it.</summary>
    /// <exception cref="IOException">It is not for that key, or no certificate of an agent.</exception>
    public AgentIdentity Store(CertificateAnswer.Granted granted, ECDsa key)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(granted.Certificate.Span);
            if (!certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
                throw new IOException("the farm gave a certificate for another key");
            var identity = AgentIdentity.Of(certificate) ?? throw new IOException("the farm gave a certificate without the UUID of an agent");
            var pem = new StringBuilder().Append(key.ExportPkcs8PrivateKeyPem()).Append('\n').Append(certificate.ExportCertificatePem()).Append('\n');
            foreach (var issuer in granted.Chain)
                pem.Append(PemEncoding.WriteString("CERTIFICATE", issuer.Span)).Append('\n');
            DurableFile.Write(IdentityFile, Encoding.ASCII.GetBytes(pem.ToString()));
            DurableFile.Delete(AskedKeyFile);
            return identity;
        }
        catch (CryptographicException e)
        {
            throw new IOException($"the farm gave something that is no certificate: {e.Message}", e);
        }
    }

    /// <summary>Keeps a line for <c>agent status</c>.</summary>
    public void Tell(DateTimeOffset at, string line)
    {
        try
        {
            File.WriteAllText(StatusFile, $"{at:yyyy-MM-dd HH:mm:ss}Z {line}\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is for people who look; the log has the line too.
        }
    }
}
