using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>
/// What is needed to recognize a certificate without the database, since that happens within every TLS handshake: agents, their
/// certificates, and who signs them. Read and refreshed by any number of threads.
/// </summary>
internal sealed class AgentBook(FarmStore store, TimeProvider time) : IDisposable
{
    private const int MaxCertificateBytes = 16 * 1024;

    private readonly SemaphoreSlim _one = new(1);

    /// <summary>By serial number. Written under the semaphore.</summary>
    private readonly ConcurrentDictionary<string, StoredCertificate> _certificates = new(StringComparer.Ordinal);

    /// <summary>By UUID. Written under the semaphore.</summary>
    private readonly ConcurrentDictionary<string, StoredAgent> _agents = new(StringComparer.Ordinal);

    /// <summary>By id; an authority never changes. DER, so that nobody holds a handle that another one disposes.</summary>
    private readonly ConcurrentDictionary<string, ImmutableArray<byte>> _authorities = new(StringComparer.Ordinal);

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var agent in await store.ListAgentsAsync(cancellationToken)) _agents[agent.Uuid] = agent;
        foreach (var certificate in await store.ListCertificatesAsync("", cancellationToken)) _certificates[certificate.Serial] = certificate;
        await LoadAuthoritiesAsync(cancellationToken);
    }

    public IEnumerable<StoredAgent> Agents => _agents.Values;

    public StoredAgent? Find(string uuid) => _agents.GetValueOrDefault(uuid);

    /// <summary>When the certificate with this serial number was made; null when none is known.</summary>
    public DateTimeOffset? IssuedAt(string serial) => _certificates.GetValueOrDefault(serial)?.IssuedAt;

    /// <summary>The UUID of the agent that has the certificate with this serial number; empty when none is known.</summary>
    public string OwnerOf(string serial) => _certificates.GetValueOrDefault(serial)?.Agent ?? "";

    /// <summary>Reads all agents anew: a group was renamed, or gave its agents to another.</summary>
    public async Task RefreshGroupsAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            foreach (var agent in await store.ListAgentsAsync(cancellationToken)) _agents[agent.Uuid] = agent;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Reads an agent anew. What it was and what it is now; null where it was or is none.</summary>
    public async Task<(StoredAgent? Before, StoredAgent? Now)> RefreshAsync(string uuid, CancellationToken cancellationToken)
    {
        // One after the other: what was read later is also what is kept last.
        await _one.WaitAsync(cancellationToken);
        try
        {
            var before = Find(uuid);
            var now = await store.FindAgentAsync(uuid, cancellationToken);
            var certificates = now is null ? [] : await store.ListCertificatesAsync(uuid, cancellationToken);
            if (certificates.Any(c => !_authorities.ContainsKey(c.Authority))) await LoadAuthoritiesAsync(cancellationToken);
            if (now is null) _agents.TryRemove(uuid, out _);
            else _agents[uuid] = now;
            foreach (var certificate in certificates) _certificates[certificate.Serial] = certificate;
            foreach (var gone in _certificates.Values.Where(c => c.Agent == uuid).ExceptBy(certificates.Select(c => c.Serial), c => c.Serial))
                _certificates.TryRemove(gone.Serial, out _);
            return (before, now);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The agent whose certificate this is, and why not when it is nobody's.</summary>
    /// <param name="der">From anybody.</param>
    public (StoredAgent? Agent, string Serial, string Problem) Recognize(ReadOnlyMemory<byte> der)
    {
        if (der.Length is 0 or > MaxCertificateBytes) return (null, "", "the certificate is too long");
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der.Span);
            string serial = certificate.SerialNumber;
            return Problem(certificate, serial, out var agent) is { } problem ? (null, serial, problem) : (agent, serial, "");
        }
        catch (CryptographicException)
        {
            return (null, "", "the certificate cannot be read");
        }
    }

    public void Dispose() => _one.Dispose();

    private string? Problem(X509Certificate2 certificate, string serial, out StoredAgent? agent)
    {
        agent = null;
        if (!_certificates.TryGetValue(serial, out var issued)) return "the certificate is of no authority here, or was forgotten";
        if (issued.RevokedAt is not null) return "the certificate was revoked";
        var now = time.GetUtcNow();
        if (issued.NotAfter <= now) return "the certificate is over";
        if (!_authorities.TryGetValue(issued.Authority, out var authority)) return "the certificate's authority is gone";
        using var issuer = X509CertificateLoader.LoadCertificate(authority.AsSpan());
        if (!Authority.Stands(certificate, issuer, now)) return "the certificate is not signed by its authority";
        if (!_agents.TryGetValue(issued.Agent, out agent)) return "the agent was forgotten";
        return agent.State == AgentState.Active ? null : $"the agent is {agent.State.ToString().ToLowerInvariant()}";
    }

    private async Task LoadAuthoritiesAsync(CancellationToken cancellationToken)
    {
        foreach (var authority in await store.ListAuthoritiesAsync(cancellationToken)) _authorities[authority.Id] = authority.Certificate;
    }
}
