using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quern.WorkerHost;

/// <summary>Gets an agent its certificates: the first one against its key, the later ones by the one that it has. One question at a time.</summary>
internal sealed class CertificateOffice(AgentConfiguration configuration, AgentFolder folder, TimeProvider time, Action<string> log) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly MasterDialer _dialer = new(time);
    private readonly SemaphoreSlim _one = new(1);
    private volatile AgentIdentity? _identity = folder.ReadIdentity();

    /// <summary>Null while there is none.</summary>
    public AgentIdentity? Identity => _identity;

    /// <summary>Asks the farm's listeners in their order until one answers. What it answered; null when none did.</summary>
    /// <param name="first">Against the key; else by the certificate that there is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<CertificateAnswer?> AskAsync(bool first, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            using var key = folder.AskedKey();
            byte[] request = new CertificateRequest(NameToAskFor(), key, HashAlgorithmName.SHA256).CreateSigningRequest();
            foreach (var (host, port) in configuration.Farm)
            {
                try
                {
                    var answer = await AskAsync(host, port, first, request, cancellationToken);
                    if (answer is CertificateAnswer.Granted granted)
                    {
                        _identity = folder.Store(granted, key);
                        log($"the farm gave a certificate for {_identity.Name}, good until {_identity.NotAfter:yyyy-MM-dd}");
                    }
                    return answer;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    log($"no certificate from {ClientEndpoint.Authority(host, port)}: {e.Message}");
                }
            }
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log($"no certificate can be asked for: {e.Message}");
            return null;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<CertificateAnswer> AskAsync(string host, int port, bool first, byte[] request, CancellationToken cancellationToken)
    {
        var endpoint = new ClientEndpoint.Tls(new ClientEndpoint.Tcp(host, port), host, Certificate: first ? null : folder.IdentityFile) { Pins = configuration.Pins };
        await using var stream = await _dialer.ConnectAsync(endpoint, cancellationToken);
        using var timeout = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return first
                ? await AdminExchange.EnrolAsync(stream, $"{Guid.NewGuid()}", configuration.Key, request, both.Token)
                : await AdminExchange.RenewAsync(stream, _identity!.Uuid, request, both.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException("it did not answer in time", e);
        }
    }

    /// <summary>What the farm calls it once it does; before that what the configuration says, else the machine's name.</summary>
    private X500DistinguishedName NameToAskFor()
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(_identity?.Name.Value ?? configuration.Name ?? Environment.MachineName);
        return name.Build();
    }
}
