using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

/// <content>Agents. Each has the account of a worker, which nobody can log in to with a password.</content>
public sealed partial class FarmStore
{
    private const string AgentSelect = """
        SELECT a.uuid, a.worker, a.team, a.state, a.enrolment_key, a.public_key_sha256, a.tags, a.hostname, a.platform, a.version, a.address,
            a.first_seen_at, a.last_seen_at, a.drained, a.renewal_asked_at, COALESCE(t.name, ''), COALESCE(w.slots, 1),
            (SELECT MAX(c.not_after) FROM agent_certificates c WHERE c.agent = a.uuid AND c.revoked_at IS NULL),
            a.os, a.processor, a.install_folder, a.boot_agent, a.reported_at
        FROM agents a LEFT JOIN teams t ON t.id = a.team LEFT JOIN workers w ON w.name = a.worker
        """;

    /// <summary>The agent of this UUID; null when there is none.</summary>
    public Task<StoredAgent?> FindAgentAsync(string uuid, CancellationToken cancellationToken) =>
        ReadAsync(session => ReadAgentAsync(session, uuid), cancellationToken);

    /// <summary>All agents, by name.</summary>
    public Task<ImmutableArray<StoredAgent>> ListAgentsAsync(CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session, AgentOf, AgentSelect + " ORDER BY a.worker"), cancellationToken);

    /// <summary>Lets an agent work that waits for it, or that was turned away.</summary>
    public Task<AgentChange> ApproveAgentAsync(string uuid, Actor actor, CancellationToken cancellationToken) =>
        SetAgentStateAsync(uuid, [AgentState.Pending, AgentState.Rejected], AgentState.Active, EventKinds.AgentApproved, actor, cancellationToken);

    /// <summary>Turns an agent away that waits to be let in.</summary>
    public Task<AgentChange> RejectAgentAsync(string uuid, Actor actor, CancellationToken cancellationToken) =>
        SetAgentStateAsync(uuid, [AgentState.Pending], AgentState.Rejected, EventKinds.AgentRejected, actor, cancellationToken);

    /// <summary>Makes all certificates of an agent worthless, for good.</summary>
    public Task<AgentChange> RevokeAgentAsync(string uuid, Actor actor, CancellationToken cancellationToken) =>
        SetAgentStateAsync(uuid, [AgentState.Active, AgentState.Pending], AgentState.Revoked, EventKinds.AgentRevoked, actor, cancellationToken);

    /// <summary>Removes an agent with its certificates and its worker's account; its name is free again.</summary>
    public Task<AgentChange> ForgetAgentAsync(string uuid, Actor actor, CancellationToken cancellationToken) =>
        ChangeAgentAsync(uuid, async (w, agent) =>
        {
            await w.Sql.ExecuteAsync("DELETE FROM agent_certificates WHERE agent = @uuid", ("uuid", uuid));
            await w.Sql.ExecuteAsync("DELETE FROM agents WHERE uuid = @uuid", ("uuid", uuid));
            await w.Sql.ExecuteAsync("DELETE FROM workers WHERE name = @name", ("name", agent.Worker.Value));
            w.Emit(EventKinds.AgentForgotten, uuid, actor.Name, FactsOf(agent));
            w.Emit(EventKinds.WorkerRemoved, agent.Worker.Value, actor.Name);
            return new AgentChange.Saved(agent, agent);
        }, cancellationToken);

    /// <summary>Gives an agent's worker another name. What it did before stays under the old one.</summary>
    /// <param name="namesTaken">Names of workers that are here without an account.</param>
    public Task<AgentChange> RenameAgentAsync(string uuid, WorkerName name, ImmutableHashSet<string> namesTaken, Actor actor, CancellationToken cancellationToken) =>
        ChangeAgentAsync(uuid, async (w, agent) =>
        {
            if (namesTaken.Contains(name.Value) || await IsWorkerAsync(w, name.Value)) return new AgentChange.NameTaken();
            await w.Sql.ExecuteAsync("UPDATE agents SET worker = @name WHERE uuid = @uuid", ("uuid", uuid), ("name", name.Value));
            await w.Sql.ExecuteAsync("UPDATE workers SET name = @name WHERE name = @before", ("before", agent.Worker.Value), ("name", name.Value));
            w.Emit(EventKinds.AgentRenamed, uuid, actor.Name, EventData.Of(("before", agent.Worker.Value), ("worker", name.Value), ("group", agent.Group)));
            return new AgentChange.Saved(agent, agent with { Worker = name });
        }, cancellationToken);

    /// <summary>Gives an agent no more jobs, or again.</summary>
    public Task<AgentChange> DrainAgentAsync(string uuid, bool drained, Actor actor, CancellationToken cancellationToken) =>
        ChangeAgentAsync(uuid, async (w, agent) =>
        {
            if (agent.Drained == drained) return new AgentChange.Saved(agent, agent);
            await w.Sql.ExecuteAsync("UPDATE agents SET drained = @drained WHERE uuid = @uuid", ("uuid", uuid), ("drained", drained ? 1L : 0L));
            w.Emit(drained ? EventKinds.AgentDrained : EventKinds.AgentResumed, uuid, actor.Name, FactsOf(agent));
            return new AgentChange.Saved(agent, agent with { Drained = drained });
        }, cancellationToken);

    /// <summary>Keeps that an agent is to renew its certificate.</summary>
    public Task<AgentChange> AskRenewalAsync(string uuid, Actor actor, CancellationToken cancellationToken) =>
        ChangeAgentAsync(uuid, async (w, agent) =>
        {
            if (agent.State != AgentState.Active) return new AgentChange.WrongState(agent.State);
            await w.Sql.ExecuteAsync("UPDATE agents SET renewal_asked_at = @time WHERE uuid = @uuid", ("uuid", uuid), ("time", w.Time));
            w.Emit(EventKinds.AgentRenewalAsked, uuid, actor.Name, FactsOf(agent));
            return new AgentChange.Saved(agent, agent with { RenewalAskedAt = w.Now });
        }, cancellationToken);

    /// <summary>Keeps that an agent was given another program.</summary>
    /// <param name="program">Its hash.</param>
    /// <param name="problem">Why it does not work by it; empty when it does.</param>
    public Task SaveAgentUpgradeAsync(string uuid, Sha256Hash program, string problem, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            var agent = await ReadAgentAsync(w.Sql, uuid);
            w.Emit(problem.Length == 0 ? EventKinds.AgentUpgraded : EventKinds.AgentUpgradeFailed, uuid, actor.Name, EventData.Of(
                ("worker", agent?.Worker.Value), ("group", agent?.Group), ("program", program.Hex), ("reason", problem)));
            return true;
        }, cancellationToken);

    /// <summary>
    /// Keeps what an agent said of its machine; what it left empty stays as it is known. An event is written where something is new.
    /// </summary>
    /// <param name="address">Where from.</param>
    public Task<AgentChange> SaveAgentReportAsync(string uuid, AgentSays says, string address, CancellationToken cancellationToken) =>
        ChangeAgentAsync(uuid, async (w, agent) =>
        {
            var after = agent with
            {
                Hostname = Known(says.Hostname, agent.Hostname),
                Platform = Known(says.Platform, agent.Platform),
                Version = Known(says.Version, agent.Version),
                Os = Known(says.Os, agent.Os),
                Processor = Known(says.Processor, agent.Processor),
                InstallFolder = Known(says.InstallFolder, agent.InstallFolder),
                BootAgent = says.BootAgent,
                Address = address,
                LastSeenAt = w.Now,
                ReportedAt = w.Now,
            };
            await w.Sql.ExecuteAsync("""
                UPDATE agents SET hostname = @hostname, platform = @platform, version = @version, os = @os, processor = @processor,
                    install_folder = @folder, boot_agent = @boot, address = @address, last_seen_at = @time, reported_at = @time
                WHERE uuid = @uuid
                """,
                ("uuid", uuid), ("hostname", after.Hostname), ("platform", after.Platform), ("version", after.Version), ("os", after.Os),
                ("processor", after.Processor), ("folder", after.InstallFolder), ("boot", after.BootAgent ? 1L : 0L), ("address", address), ("time", w.Time));
            if (agent.ReportedAt is null || SaysOf(agent) != SaysOf(after)) w.Emit(EventKinds.AgentReported, uuid, $"agent:{uuid}", EventData.Of(
                ("worker", agent.Worker.Value), ("group", agent.Group), ("address", address), ("hostname", after.Hostname), ("platform", after.Platform),
                ("version", after.Version), ("os", after.Os), ("processor", after.Processor), ("install_folder", after.InstallFolder), ("boot_agent", after.BootAgent)));
            return new AgentChange.Saved(agent, after);
        }, cancellationToken);

    private static string Known(string said, string before) => said.Length > 0 ? said : before;

    private static AgentSays SaysOf(StoredAgent a) => new(a.Hostname, a.Platform, a.Version)
    {
        Os = a.Os,
        Processor = a.Processor,
        InstallFolder = a.InstallFolder,
        BootAgent = a.BootAgent,
    };

    private Task<AgentChange> SetAgentStateAsync(
        string uuid, ImmutableArray<AgentState> from, AgentState to, string kind, Actor actor, CancellationToken cancellationToken) =>
        ChangeAgentAsync(uuid, async (w, agent) =>
        {
            if (!from.Contains(agent.State)) return new AgentChange.WrongState(agent.State);
            await w.Sql.ExecuteAsync("UPDATE agents SET state = @state WHERE uuid = @uuid", ("uuid", uuid), ("state", WordOf(to)));
            await w.Sql.ExecuteAsync("UPDATE workers SET enabled = @enabled WHERE name = @name",
                ("name", agent.Worker.Value), ("enabled", to == AgentState.Active ? 1L : 0L));
            if (to == AgentState.Revoked)
                await w.Sql.ExecuteAsync("UPDATE agent_certificates SET revoked_at = @time WHERE agent = @uuid AND revoked_at IS NULL", ("uuid", uuid), ("time", w.Time));
            w.Emit(kind, uuid, actor.Name, FactsOf(agent));
            return new AgentChange.Saved(agent, agent with { State = to });
        }, cancellationToken);

    private async Task<AgentChange> ChangeAgentAsync(
        string uuid, Func<WriteSession, StoredAgent, ValueTask<AgentChange>> body, CancellationToken cancellationToken)
    {
        try
        {
            return await WriteAsync(async w => await LockAgentAsync(w, uuid) is { } agent ? await body(w, agent) : new AgentChange.NotFound(), cancellationToken);
        }
        catch (DbException e) when (_dialect.IsDuplicate(e))
        {
            return new AgentChange.NameTaken();
        }
    }

    /// <summary>The agent, which nobody else changes before our commit; null when there is none.</summary>
    private async Task<StoredAgent?> LockAgentAsync(WriteSession w, string uuid) =>
        await w.Sql.ScalarAsync<string>("SELECT uuid FROM agents WHERE uuid = @uuid" + _dialect.ForUpdate, ("uuid", uuid)) is null
            ? null
            : await ReadAgentAsync(w.Sql, uuid);

    private static async Task<StoredAgent?> ReadAgentAsync(Session session, string uuid)
    {
        await using var reader = await session.QueryAsync(AgentSelect + " WHERE a.uuid = @uuid", ("uuid", uuid));
        return await reader.ReadAsync() ? AgentOf(reader) : null;
    }

    private static async Task<bool> IsWorkerAsync(WriteSession w, string name) =>
        await w.Sql.ScalarAsync<string>("SELECT name FROM workers WHERE name = @name", ("name", name)) is not null;

    private static StoredAgent AgentOf(DbDataReader r) => new(
        r.GetString(0), new WorkerName(r.GetString(1)), r.GetString(2), Enum.Parse<AgentState>(r.GetString(3), ignoreCase: true), r.GetString(4), HashOf(r.GetString(5)))
    {
        Tags = StorageJson.Read<ImmutableArray<string>>(r.GetString(6)),
        Hostname = r.GetString(7),
        Platform = r.GetString(8),
        Version = r.GetString(9),
        Address = r.GetString(10),
        FirstSeenAt = UnixMicroseconds.ToTime(r.GetInt64(11)),
        LastSeenAt = TimeOrNull(r, 12),
        Drained = r.GetInt64(13) != 0,
        RenewalAskedAt = TimeOrNull(r, 14),
        Group = r.GetString(15),
        Slots = (int)r.GetInt64(16),
        CertificateNotAfter = TimeOrNull(r, 17),
        Os = r.GetString(18),
        Processor = r.GetString(19),
        InstallFolder = r.GetString(20),
        BootAgent = r.GetInt64(21) != 0,
        ReportedAt = TimeOrNull(r, 22),
    };

    private static string WordOf(AgentState state) => state.ToString().ToLowerInvariant();

    private static string FactsOf(StoredAgent agent) => EventData.Of(
        ("worker", agent.Worker.Value), ("group", agent.Group), ("state", WordOf(agent.State)), ("address", agent.Address));
}
