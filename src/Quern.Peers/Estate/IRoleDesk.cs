using System.Collections.Immutable;

namespace Quern.Peers.Estate;

/// <summary>Roles, for every door.</summary>
public interface IRoleDesk
{
    /// <summary>Null without <c>role:list</c>.</summary>
    Task<ImmutableArray<RoleFacts>?> ListAsync(Caller who, CancellationToken cancellationToken);

    /// <summary>Makes or replaces a role. Needs <c>role:manage</c> and every right that the role gives.</summary>
    Task<EstateAnswer> PutAsync(Caller who, RoleFacts role, CancellationToken cancellationToken);

    /// <summary>Needs <c>role:manage</c>.</summary>
    Task<EstateAnswer> RemoveAsync(Caller who, string name, CancellationToken cancellationToken);
}

/// <param name="OfGroups">Given within a group, not over the whole farm.</param>
/// <param name="Rights"><c>area:action</c>, <c>area:*</c>, <c>*:action</c> or <c>*</c>, each with <c>@GROUP</c> if within one.</param>
/// <param name="Revision">To put: 0 for a new one, else the one it was read at.</param>
public sealed record RoleFacts(string Name, string Description, ImmutableArray<string> Rights, bool OfGroups, bool BuiltIn = false, long Revision = 0);
