using System.Buffers;
using System.Net;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <content>What machines ask for: to be let in, and a new certificate in time.</content>
internal sealed partial class AgentDesk
{
    /// <summary>An agent asks for its next certificate when two thirds of this are over.</summary>
    public static readonly TimeSpan CertificateLifetime = TimeSpan.FromDays(90);

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdef");

    /// <summary>Stands for what is no key where attempts are counted.</summary>
    private const string NoKey = "no-key";

    public async Task<AgentWelcome> EnrolAsync(string key, ReadOnlyMemory<byte> request, string instance, IPAddress from, CancellationToken cancellationToken)
    {
        // Of a wrong key as of a good one: nothing leads from it to the key.
        string id = IsKey(key) ? IdOf(HashOf(key)) : NoKey;
        if (_limits.ClosedFor(from, id) is { } wait) return new AgentWelcome.TooMany(wait);
        if (id == NoKey) return await RefuseAsync(id, "that is no enrolment key", from, cancellationToken);
        if (SigningRequest.Read(request, out string problem) is not { } wish) return await RefuseAsync(id, problem, from, cancellationToken);

        var enrolment = new Enrolment(
            HashOf(key), wish.PublicKeySha256, $"{Guid.NewGuid()}", WorkerName.TryParse(wish.CommonName, out var name) ? name : null, from)
        {
            NamesTaken = [.. room.NamesHere],
            Hostname = WorkerName.IsValid(wish.CommonName) ? wish.CommonName : "",
        };
        switch (await store.EnrolAgentAsync(enrolment, cancellationToken))
        {
            case EnrolmentResult.Joined { Agent: var agent }:
                _limits.Succeeded(from, id);
                await room.ApplyAsync(agent.Uuid, cancellationToken);
                return agent.State == AgentState.Pending ? new AgentWelcome.Pending(agent.Uuid) : await CertifyAsync(agent, wish, from, cancellationToken);
            default:
                _limits.Failed(from, id);
                return new AgentWelcome.Refused();
        }
    }

    public async Task<AgentWelcome> RenewAsync(string uuid, ReadOnlyMemory<byte> request, IPAddress from, CancellationToken cancellationToken)
    {
        if (_limits.ClosedFor(from, uuid) is { } wait) return new AgentWelcome.TooMany(wait);
        if (SigningRequest.Read(request, out string problem) is not { } wish) return await RefuseAsync(uuid, problem, from, cancellationToken);
        return await store.FindAgentAsync(uuid, cancellationToken) is { } agent
            ? await CertifyAsync(agent, wish, from, cancellationToken)
            : await RefuseAsync(uuid, "the agent was forgotten", from, cancellationToken);
    }

    public async Task ReportAsync(AgentReport report, CancellationToken cancellationToken)
    {
        var says = new AgentSays(report.Hostname, report.Platform, report.Version)
        {
            Os = report.Os,
            Processor = report.Processor,
            InstallFolder = report.InstallFolder,
            BootAgent = report.BootAgent,
        };
        if (await store.SaveAgentReportAsync(report.Uuid, says, report.From.ToString(), cancellationToken) is AgentChange.Saved)
            await room.ApplyAsync(report.Uuid, cancellationToken);
    }

    private async Task<AgentWelcome> CertifyAsync(StoredAgent agent, SigningRequest wish, IPAddress from, CancellationToken cancellationToken)
    {
        if (await AuthorityOfAsync(agent, cancellationToken) is not { } authority) return await RefuseAsync(agent.Uuid, "the agent's group is gone", from, cancellationToken);
        using var certificate = Authority.Sign(authority, vault, agent, wish.PublicKey, time.GetUtcNow(), CertificateLifetime);
        var notAfter = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
        if (!await store.SaveCertificateAsync(
            new StoredCertificate(certificate.SerialNumber, agent.Uuid, authority.Id, notAfter), from.ToString(), cancellationToken))
            return await RefuseAsync(agent.Uuid, "the agent may not have a certificate", from, cancellationToken);
        await room.ApplyAsync(agent.Uuid, cancellationToken);
        return new AgentWelcome.Granted(agent.Uuid, certificate.RawData, [authority.Certificate.AsMemory()], notAfter);
    }

    /// <summary>The group's authority, made when it has none yet; null when there is no such group any more.</summary>
    private async Task<StoredAuthority?> AuthorityOfAsync(StoredAgent agent, CancellationToken cancellationToken)
    {
        if (await store.FindAuthorityAsync(agent.Team, cancellationToken) is { } known) return known;
        var group = (await store.ListGroupsAsync(cancellationToken)).FirstOrDefault(g => g.Id == agent.Team);
        return group is null ? null : await store.EnsureAuthorityAsync(Authority.Make(group, vault, time.GetUtcNow()), cancellationToken);
    }

    private async Task<AgentWelcome> RefuseAsync(string subject, string reason, IPAddress from, CancellationToken cancellationToken)
    {
        _limits.Failed(from, subject);
        await store.RefuseAgentAsync(subject, reason, from.ToString(), cancellationToken);
        return new AgentWelcome.Refused();
    }

    private static bool IsKey(string key) =>
        key.Length == KeyPrefix.Length + 2 * SecretBytes && key.StartsWith(KeyPrefix, StringComparison.Ordinal) && !key.AsSpan(KeyPrefix.Length).ContainsAnyExcept(s_digits);
}
