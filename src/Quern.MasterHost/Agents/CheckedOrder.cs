using System.Collections.Immutable;
using Quern.Agents;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Agents;

/// <summary>An order whose every word was checked.</summary>
/// <param name="Deploy">Null: build only.</param>
internal sealed record CheckedOrder(string GroupId, string GroupName, AgentPlatform Platform, IAgentPackager Packager, SshTarget? Deploy)
{
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>From 1.</summary>
    public int Slots { get; init; } = 1;

    public ImmutableArray<string> Addresses { get; init; } = [];

    /// <summary>Without secrets.</summary>
    public override string ToString() => $"{Packager.Format} for {Platform}, group {GroupName}{(Deploy is null ? "" : $", to {Deploy}")}";
}
