using System.Collections.Immutable;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>The roles that come with the program. They are brought to this state at every start.</summary>
internal static class BuiltInRoles
{
    private const string Read = "*:read";
    private const string List = "*:list";

    /// <summary>
    /// What looking after builds takes. Not <see cref="Right.PlanRun"/>: an explicit plan is any command on any worker. Not
    /// <see cref="Right.AuditRead"/>: who signed in from where is not their business.
    /// </summary>
    private static readonly ImmutableArray<string> Building =
    [
        Right.FarmRead, Right.PackageRead, Right.WorkerRead, Right.EventRead, "job:*", "builder:*", "recipe:*", "source:*",
    ];

    public static ImmutableArray<StoredRole> All { get; } =
    [
        new(StoredRole.Superuser, RoleScope.Farm, "Everything", [Right.All]),
        new("operator", RoleScope.Farm, "Runs the farm: builds, recipes, sources, workers and agents",
            [.. Building, "worker:*", "agent:*", Right.UserList, Right.GroupList, Right.ListenerList, Right.TokenOwn]),
        new("auditor", RoleScope.Farm, "Sees everything and changes nothing", [Read, List, Right.TokenOwn]),
        new("user", RoleScope.Farm, "Makes tokens for itself; what else it may do, its groups say", [Right.TokenOwn]),
        new(StoredRole.Owner, RoleScope.Group, "Everything within the group", [Right.All]),
        new("member", RoleScope.Group, "Builds within the group", [.. Building, Right.AgentList, Right.GroupList]),
        new("viewer", RoleScope.Group, "Sees what the group has", [Read, List]),
    ];
}
