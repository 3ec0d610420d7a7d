using System.Collections.Immutable;
using Quern.Storage;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>The roles that come with the program. They are brought to this state at every start.</summary>
internal static class BuiltInRoles
{
    private const string Read = "*:read";

    /// <summary>What looking after builds takes. Not <see cref="Right.PlanRun"/>: an explicit plan is any command on any worker.</summary>
    private static readonly ImmutableArray<string> Building = [Read, "job:*", "builder:*", "recipe:*", "source:*"];

    public static ImmutableArray<StoredRole> All { get; } =
    [
        new(StoredRole.Superuser, RoleScope.Farm, "Everything", [Right.All]),
        new("operator", RoleScope.Farm, "Runs the farm: builds, recipes, sources and workers", [.. Building, "worker:*"]),
        new("auditor", RoleScope.Farm, "Sees everything and changes nothing", [Read]),
        new(StoredRole.Owner, RoleScope.Group, "Everything within the group", [Right.All]),
        new("member", RoleScope.Group, "Builds within the group", Building),
        new("viewer", RoleScope.Group, "Sees what the group has", [Read]),
    ];
}
