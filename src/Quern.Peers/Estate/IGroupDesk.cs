using System.Collections.Immutable;

namespace Quern.Peers.Estate;

/// <summary>Groups, for every door. Each call decides for itself whether the caller may. Safe for many calls at once.</summary>
public interface IGroupDesk
{
    /// <summary>Needs <c>group:create</c>.</summary>
    Task<EstateAnswer> CreateAsync(Caller who, NewGroup group, CancellationToken cancellationToken);

    /// <summary>Needs <c>group:update</c> in the group, which its owner has.</summary>
    Task<EstateAnswer> UpdateAsync(Caller who, GroupEdit edit, CancellationToken cancellationToken);

    /// <summary>Needs <c>group:delete</c> in the group, which its owner has.</summary>
    /// <param name="group">Id or name.</param>
    /// <param name="moveAgentsTo">The group that takes its agents; empty when it must have none.</param>
    /// <param name="expectedRevision">0: whatever it is.</param>
    Task<EstateAnswer> RemoveAsync(Caller who, string group, string moveAgentsTo, long expectedRevision, CancellationToken cancellationToken);

    /// <summary>Groups by name; without <c>group:list</c> those that the caller belongs to.</summary>
    Task<Page<GroupFacts>> ListAsync(Caller who, string prefix, string after, int limit, CancellationToken cancellationToken);
}

/// <param name="Owner">A user name; empty for the caller.</param>
/// <param name="Members">User names, or <c>NAME=ROLE</c> for another role than <c>member</c>.</param>
public sealed record NewGroup(string Name, string Description = "", string Owner = "", ImmutableArray<string> Members = default)
{
    /// <summary>What its agents are to be built with: an <c>AgentConfig</c> of the administration protocol, checked; empty for the farm's defaults.</summary>
    public ReadOnlyMemory<byte> AgentConfig { get; init; }
}

/// <param name="Group">Id or name.</param>
public sealed record GroupEdit(string Group)
{
    public string? NewName { get; init; }

    public string? Description { get; init; }

    public string? NewOwner { get; init; }

    /// <summary>User names, or <c>NAME=ROLE</c> for another role than <c>member</c>.</summary>
    public ImmutableArray<string> AddMembers { get; init; } = [];

    public ImmutableArray<string> RemoveMembers { get; init; } = [];

    /// <summary>As <see cref="NewGroup.AgentConfig"/>; replaces the stored one as a whole.</summary>
    public ReadOnlyMemory<byte>? AgentConfig { get; init; }

    /// <summary>0: whatever it is.</summary>
    public long ExpectedRevision { get; init; }
}

/// <param name="Members">Without the owner.</param>
public sealed record GroupFacts(string Id, string Name, string Description, string Owner, ImmutableArray<GroupFacts.Member> Members)
{
    public DateTimeOffset CreatedAt { get; init; }

    public long Revision { get; init; }

    /// <summary>As <see cref="NewGroup.AgentConfig"/>.</summary>
    public ReadOnlyMemory<byte> AgentConfig { get; init; }

    /// <summary>How many agents belong to it.</summary>
    public int Agents { get; init; }

    public sealed record Member(string User, string Role);
}
