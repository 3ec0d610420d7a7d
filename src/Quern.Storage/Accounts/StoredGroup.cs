using System.Collections.Immutable;

namespace Quern.Storage;

/// <summary>People who look after something together.</summary>
/// <param name="Id">A UUID as text; stays when the name changes.</param>
/// <param name="Name">Unique whatever its case.</param>
/// <param name="Members">By name; exactly one is the owner.</param>
/// <param name="Revision">1 for a new group; a change names the revision that it was made from.</param>
public sealed record StoredGroup(
    string Id, string Name, string Description, ImmutableArray<GroupMember> Members, DateTimeOffset CreatedAt = default, long Revision = 0)
{
    /// <summary>What its agents are to be built with, in base 64; empty for the farm's defaults. The store does not look inside.</summary>
    public string AgentConfig { get; init; } = "";
}
