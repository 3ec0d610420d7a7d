using System.Collections.Immutable;
using Quern.MasterHost.Agents;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <param name="State"><c>pending</c>, <c>active</c>, <c>rejected</c> or <c>revoked</c>.</param>
/// <param name="Address">Where it came from last.</param>
/// <param name="CertificateNotAfter">The end of its newest certificate; null when it has none.</param>
/// <param name="Os">Like what follows <c>slots</c>: as it said over the administration protocol; empty until then.</param>
/// <param name="ReportedAt">When it last said so; null for never.</param>
/// <param name="RenewalAsked">It is to come with a new certificate, and has not yet.</param>
internal sealed record AgentModel(
    string Uuid, string Name, string Group, string State, bool Online, bool Drained, string Hostname, string Platform, string Version, string Address,
    DateTimeOffset FirstSeenAt, DateTimeOffset? LastSeenAt, DateTimeOffset? CertificateNotAfter, bool RenewalAsked, ImmutableArray<string> Tags, int Slots,
    string Os, string Processor, string InstallFolder, bool BootAgent, DateTimeOffset? ReportedAt)
{
    public static AgentModel Of(AgentFacts agent) => new(
        agent.Uuid, agent.Name, agent.Group, agent.Pending ? "pending" : agent.Rejected ? "rejected" : agent.Revoked ? "revoked" : "active", agent.Online, agent.Drained,
        agent.Hostname, agent.Platform, agent.Version, agent.Address, agent.FirstSeenAt, agent.LastSeenAt, agent.CertificateNotAfter, agent.RenewalAsked,
        agent.Tags, agent.Slots, agent.Os, agent.Processor, agent.InstallFolder, agent.BootAgent, agent.ReportedAt);
}

internal sealed record AgentPage(ImmutableArray<AgentModel> Items, string? Next);

/// <param name="Program">The SHA-256 of the program that the agents get.</param>
internal sealed record AgentUpgradeModel(bool Ended, ImmutableArray<AgentUpgradeStepModel> Agents)
{
    public static AgentUpgradeModel Of(AgentUpgrade upgrade) => new(upgrade.Ended, [.. upgrade.Agents.Select(a => new AgentUpgradeStepModel(
        a.Uuid, a.Name, a.Platform, a.Program.Hex.Length > 0 ? a.Program.Hex : null, a.State.ToString().ToLowerInvariant(), a.Detail))]);
}

/// <param name="Platform">For instance <c>linux-x64</c>; empty when the agent never said.</param>
/// <param name="Program">SHA-256 of what it is to get; null when there is none for its platform.</param>
/// <param name="State"><c>waiting</c>, <c>draining</c>, <c>sending</c>, <c>trying</c>, <c>done</c>, <c>current</c>, <c>failed</c> or <c>skipped</c>.</param>
internal sealed record AgentUpgradeStepModel(string Uuid, string Name, string Platform, string? Program, string State, string Detail);

internal sealed record AgentNameRequest(string Name);

/// <param name="State"><c>good</c>, <c>used</c>, <c>over</c> or <c>revoked</c>.</param>
internal sealed record EnrolmentKeyModel(
    string Id, string Group, string State, DateTimeOffset ExpiresAt, int UsesLeft, int MaxUses, bool RequireApproval, ImmutableArray<string> Networks,
    ImmutableArray<string> Tags, int Slots, string Note, string CreatedBy, DateTimeOffset CreatedAt)
{
    public static EnrolmentKeyModel Of(EnrolmentKeyFacts key) => new(
        key.Id, key.Group, key.State, key.ExpiresAt, key.UsesLeft, key.MaxUses, key.RequireApproval, key.Networks, key.Tags, key.Slots, key.Note, key.CreatedBy, key.CreatedAt);
}

internal sealed record EnrolmentKeyPage(ImmutableArray<EnrolmentKeyModel> Items);

/// <param name="Group">Id or name.</param>
/// <param name="LifetimeSeconds">From a minute to 30 days.</param>
internal sealed record EnrolmentKeyRequest(
    string Group, int MaxUses = 1, int LifetimeSeconds = 86_400, bool RequireApproval = false, IReadOnlyList<string>? Networks = null,
    IReadOnlyList<string>? Tags = null, int Slots = 1, string Note = "");

/// <param name="Key">Shown once.</param>
internal sealed record EnrolmentKeyAnswer(string Id, string Key, DateTimeOffset ExpiresAt)
{
    /// <summary>Without its secret.</summary>
    public override string ToString() => Id;
}
