using System.Collections.Immutable;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>Agents, for every door. What machines ask for is in the other part.</summary>
internal sealed partial class AgentDesk(FarmStore store, AgentRoom room, SecretVault vault, TimeProvider time) : IAgentDesk
{
    private const int MaxPage = 1000;

    private readonly LoginLimits _limits = new(time);

    public async Task<Page<AgentFacts>> ListAsync(Caller who, string group, bool onlineOnly, string after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
        var wanted = (await store.ListAgentsAsync(cancellationToken))
            .Where(a => Sees(who, a) && (group.Length == 0 || IsOf(a.Team, a.Group, group)) && string.CompareOrdinal(a.Worker.Value, after) > 0)
            .Select(FactsOf).Where(a => a.Online || !onlineOnly).Take(limit + 1).ToImmutableArray();
        return wanted.Length > limit ? new Page<AgentFacts>(wanted[..limit], wanted[limit - 1].Name) : new Page<AgentFacts>(wanted);
    }

    public async Task<AgentFacts?> FindAsync(Caller who, string agent, CancellationToken cancellationToken) =>
        await LookUpAsync(agent, cancellationToken) is { } found && Sees(who, found) ? FactsOf(found) : null;

    public Task<EstateAnswer> ModerateAsync(Caller who, string uuid, AgentModeration action, CancellationToken cancellationToken) =>
        ChangeAsync(who, uuid, agent => action switch
        {
            AgentModeration.Approve => store.ApproveAgentAsync(agent.Uuid, who.Actor, cancellationToken),
            AgentModeration.Reject => store.RejectAgentAsync(agent.Uuid, who.Actor, cancellationToken),
            AgentModeration.RevokeCertificate => store.RevokeAgentAsync(agent.Uuid, who.Actor, cancellationToken),
            AgentModeration.Forget => store.ForgetAgentAsync(agent.Uuid, who.Actor, cancellationToken),
            _ => throw new System.Diagnostics.UnreachableException(),
        }, cancellationToken);

    public async Task<EstateAnswer> RenameAsync(Caller who, string agent, string name, CancellationToken cancellationToken)
    {
        if (!WorkerName.TryParse(name, out var worker)) return new EstateAnswer(EstateCode.InvalidName, $"A worker's name is {WorkerName.Rule}.", "name");
        if (await LookUpAsync(agent, cancellationToken) is { } found && who.May(Right.AgentApprove, found.Group) && room.Busy(found) > 0)
            return new EstateAnswer(EstateCode.InUse, $"'{found.Worker}' runs jobs, which would be lost; drain it first.");
        return await ChangeAsync(who, agent, a => a.Worker == worker
            ? Task.FromResult<AgentChange>(new AgentChange.Saved(a, a))
            : store.RenameAgentAsync(a.Uuid, worker, [.. room.NamesHere], who.Actor, cancellationToken), cancellationToken);
    }

    public Task<EstateAnswer> DrainAsync(Caller who, string agent, bool drained, CancellationToken cancellationToken) =>
        ChangeAsync(who, agent, a => store.DrainAgentAsync(a.Uuid, drained, who.Actor, cancellationToken), cancellationToken);

    public Task<EstateAnswer> RotateAsync(Caller who, string agent, CancellationToken cancellationToken) =>
        ChangeAsync(who, agent, a => store.AskRenewalAsync(a.Uuid, who.Actor, cancellationToken), cancellationToken);

    public bool IsActive(string uuid) => room.Book.Find(uuid) is { State: AgentState.Active };

    public string? Recognize(ReadOnlyMemory<byte> certificate) => room.Book.Recognize(certificate).Agent?.Uuid;

    public void NoteStrange(ReadOnlyMemory<byte> certificate, string remote) => room.Refused(certificate, remote);

    private async Task<EstateAnswer> ChangeAsync(Caller who, string agent, Func<StoredAgent, Task<AgentChange>> change, CancellationToken cancellationToken)
    {
        var found = await LookUpAsync(agent, cancellationToken);
        // Who may not see it is not told whether there is one.
        if (found is null || !Sees(who, found)) return new EstateAnswer(EstateCode.NotFound, "There is no such agent.");
        if (!who.May(Right.AgentApprove, found.Group)) return EstateAnswer.Denied($"This needs the right '{Right.AgentApprove}' in the group '{found.Group}'.");
        var done = await change(found);
        if (done is AgentChange.Saved) await room.ApplyAsync(found.Uuid, cancellationToken);
        return done switch
        {
            AgentChange.Saved => EstateAnswer.Done(found.Uuid),
            AgentChange.NotFound => new EstateAnswer(EstateCode.NotFound, "There is no such agent."),
            AgentChange.NameTaken => new EstateAnswer(EstateCode.NameTaken, "Another worker has this name.", "name"),
            AgentChange.WrongState wrong => new EstateAnswer(
                EstateCode.InvalidState, $"'{found.Worker}' is {wrong.State.ToString().ToLowerInvariant()}; that cannot be done with it. Forget it and let it enrol anew."),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private async Task<StoredAgent?> LookUpAsync(string agent, CancellationToken cancellationToken) =>
        Guid.TryParseExact(agent, "D", out var uuid) && await store.FindAgentAsync($"{uuid}", cancellationToken) is { } found
            ? found
            : (await store.ListAgentsAsync(cancellationToken)).FirstOrDefault(a => a.Worker.Value == agent);

    internal static bool Sees(Caller who, StoredAgent agent) => who.May(Right.AgentList, agent.Group) || who.May(Right.AgentApprove, agent.Group);

    internal static bool IsOf(string id, string name, string group) => id == group || string.Equals(name, group, StringComparison.OrdinalIgnoreCase);

    private AgentFacts FactsOf(StoredAgent agent) => new(agent.Uuid, agent.Worker.Value, agent.Group)
    {
        Online = room.IsOnline(agent),
        Hostname = agent.Hostname,
        Platform = agent.Platform,
        Version = agent.Version,
        Os = agent.Os,
        Processor = agent.Processor,
        InstallFolder = agent.InstallFolder,
        BootAgent = agent.BootAgent,
        ReportedAt = agent.ReportedAt,
        Address = agent.Address,
        FirstSeenAt = agent.FirstSeenAt,
        LastSeenAt = agent.LastSeenAt,
        CertificateNotAfter = agent.CertificateNotAfter,
        Pending = agent.State == AgentState.Pending,
        Rejected = agent.State == AgentState.Rejected,
        Revoked = agent.State == AgentState.Revoked,
        Drained = agent.Drained,
        RenewalAsked = agent.RenewalAskedAt is not null,
        Tags = agent.Tags,
        Slots = agent.Slots,
    };
}
