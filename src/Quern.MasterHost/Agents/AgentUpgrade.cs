using System.Collections.Immutable;
using Quern.Model;

namespace Quern.MasterHost.Agents;

/// <summary>How far the farm is with giving agents another program. A snapshot.</summary>
/// <param name="Program">The program's hash.</param>
/// <param name="Agents">In the order in which they get it.</param>
internal sealed record AgentUpgrade(Sha256Hash Program, ImmutableArray<AgentUpgradeStep> Agents, bool Ended)
{
    public AgentUpgrade With(string uuid, AgentUpgradeState state, string detail) => this with
    {
        Agents = [.. Agents.Select(a => a.Uuid == uuid ? a with { State = state, Detail = detail } : a)],
    };
}

/// <param name="Detail">For people; empty while there is nothing to say.</param>
internal sealed record AgentUpgradeStep(string Uuid, string Name, AgentUpgradeState State, string Detail = "");
