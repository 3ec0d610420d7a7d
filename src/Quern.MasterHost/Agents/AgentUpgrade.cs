using System.Collections.Immutable;
using Quern.Model;

namespace Quern.MasterHost.Agents;

/// <summary>How far the farm is with giving agents another program. A snapshot.</summary>
/// <param name="Agents">In the order in which they get it.</param>
internal sealed record AgentUpgrade(ImmutableArray<AgentUpgradeStep> Agents, bool Ended)
{
    public AgentUpgrade With(string uuid, AgentUpgradeState state, string detail) => this with
    {
        Agents = [.. Agents.Select(a => a.Uuid == uuid ? a with { State = state, Detail = detail } : a)],
    };
}

/// <param name="Platform">As the agent said when it was here last; empty when it never was.</param>
/// <param name="Program">The hash of what it is to get; the default value when there is none for it.</param>
/// <param name="Detail">For people; empty while there is nothing to say.</param>
internal sealed record AgentUpgradeStep(string Uuid, string Name, string Platform, Sha256Hash Program, AgentUpgradeState State, string Detail = "");
