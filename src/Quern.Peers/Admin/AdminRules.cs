using System.Collections.Frozen;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>
/// What every request of the administration protocol needs, and what it changes of the estate: what an endpoint's declaration is for HTTP. A request that is not here is for
/// nobody. Administration protocol, "Who may send what".
/// </summary>
internal static class AdminRules
{
    private static readonly AdminRule s_nobody = new(AdminAccess.Nobody, EstateActs.None);

    private static readonly FrozenDictionary<string, AdminRule> s_rules = new Dictionary<string, AdminRule>
    {
        ["RQ_Session"] = new(AdminAccess.Nobody, EstateActs.None),   // the first message, by its place; not once more
        ["RQ_Ping"] = new(AdminAccess.Everybody, EstateActs.None) { WhileRestricted = true },
        ["RQ_ServerBanner"] = new(AdminAccess.Everybody, EstateActs.None),
        ["RQ_Login"] = new(AdminAccess.Everybody, EstateActs.Own),
        ["RQ_ResumeSession"] = new(AdminAccess.Everybody, EstateActs.Own),
        ["RQ_AuthSession"] = new(AdminAccess.Everybody, EstateActs.Own),
        ["RQ_Logout"] = new(AdminAccess.Account, EstateActs.Own) { WhileRestricted = true },
        ["RQ_RenewSession"] = new(AdminAccess.Account, EstateActs.Own),
        ["RQ_ListSessions"] = new(AdminAccess.Account, EstateActs.None, Right.SessionManage),
        ["RQ_RevokeSession"] = new(AdminAccess.Account, EstateActs.SessionEnd, Right.SessionManage),
        ["RQ_BeginTotp"] = new(AdminAccess.Account, EstateActs.Own) { WhileRestricted = true },
        ["RQ_ConfirmTotp"] = new(AdminAccess.Account, EstateActs.Own) { WhileRestricted = true },
        ["RQ_DisableTotp"] = new(AdminAccess.Account, EstateActs.UserResetTotp, Right.UserResetTotp),
        ["RQ_CreateUser"] = new(AdminAccess.Right, EstateActs.UserCreate, Right.UserCreate),
        ["RQ_UpdateUser"] = new(AdminAccess.Account, EstateActs.UserUpdate, Right.UserUpdate) { WhileRestricted = true },
        ["RQ_DeleteUser"] = new(AdminAccess.Right, EstateActs.UserDelete, Right.UserDelete),
        ["RQ_ListUsers"] = new(AdminAccess.Account, EstateActs.None, Right.UserList),
        ["RQ_CreateGroup"] = new(AdminAccess.Right, EstateActs.GroupCreate, Right.GroupCreate),
        ["RQ_UpdateGroup"] = new(AdminAccess.Right, EstateActs.GroupUpdate, Right.GroupUpdate),
        ["RQ_DeleteGroup"] = new(AdminAccess.Right, EstateActs.GroupDelete, Right.GroupDelete),
        ["RQ_ListGroups"] = new(AdminAccess.Account, EstateActs.None, Right.GroupList),
        ["RQ_CreateListener"] = new(AdminAccess.Right, EstateActs.ListenerCreate, Right.ListenerCreate),
        ["RQ_UpdateListener"] = new(AdminAccess.Right, EstateActs.ListenerUpdate, Right.ListenerUpdate),
        ["RQ_DeleteListener"] = new(AdminAccess.Right, EstateActs.ListenerDelete, Right.ListenerDelete),
        ["RQ_ListListeners"] = new(AdminAccess.Right, EstateActs.None, Right.ListenerList),
        ["RQ_BuildAgent"] = new(AdminAccess.Right, EstateActs.AgentBuild, Right.AgentBuild),
        ["RQ_FetchArtifact"] = new(AdminAccess.Right, EstateActs.AgentArtifact, Right.AgentBuild),
        ["RQ_ListAgents"] = new(AdminAccess.Account, EstateActs.None, Right.AgentList),
        ["RQ_ModerateAgent"] = new(AdminAccess.Right, EstateActs.AgentModerate, Right.AgentApprove),
        ["RQ_ChangePowerState"] = new(AdminAccess.Right, EstateActs.AgentPower, Right.AgentPower) { IsRouted = true },
        ["RQ_CreateEnrolmentToken"] = new(AdminAccess.Right, EstateActs.KeyCreate, Right.AgentApprove),
        ["RQ_RevokeEnrolmentToken"] = new(AdminAccess.Right, EstateActs.KeyRevoke, Right.AgentApprove),
        ["RQ_UpdateBanner"] = new(AdminAccess.Right, EstateActs.Banner, Right.ServerBanner, Right.ServerMaintenance),
        ["RQ_CreateApiToken"] = new(AdminAccess.Right, EstateActs.TokenCreate, Right.TokenOwn),
        ["RQ_ListApiTokens"] = new(AdminAccess.Right, EstateActs.None, Right.TokenOwn, Right.TokenManage),
        ["RQ_RevokeApiToken"] = new(AdminAccess.Right, EstateActs.TokenRevoke, Right.TokenOwn, Right.TokenManage),
        ["RQ_ListRoles"] = new(AdminAccess.Right, EstateActs.None, Right.RoleList),
        ["RQ_PutRole"] = new(AdminAccess.Right, EstateActs.RolePut, Right.RoleManage),
        ["RQ_DeleteRole"] = new(AdminAccess.Right, EstateActs.RoleDelete, Right.RoleManage),
        ["RQ_QueryAudit"] = new(AdminAccess.Right, EstateActs.None, Right.AuditRead),
        ["RQ_STStream"] = new(AdminAccess.Account, EstateActs.None, Right.UserList, Right.GroupList, Right.ListenerList),
        ["RQ_StopStream"] = new(AdminAccess.Account, EstateActs.None),
        ["RQ_AgentMetadata"] = new(AdminAccess.Nobody, EstateActs.None),            // the server asks it of agents
        ["RQ_RefreshAuthCertificate"] = new(AdminAccess.Nobody, EstateActs.None),   // the same
        ["RQ_DirectConnection"] = new(AdminAccess.Nobody, EstateActs.None),         // peers do not come to know each other's addresses
        ["RQ_CoordinateConnection"] = new(AdminAccess.Nobody, EstateActs.None),     // the same
    }.ToFrozenDictionary();

    /// <summary>Whether the table has the request.</summary>
    public static bool Has(AdminType request) => s_rules.ContainsKey(request.Name);

    public static AdminRule Of(AdminType request) => s_rules.GetValueOrDefault(request.Name, s_nobody);

    /// <summary>Whether a connection in this state may send the request at all; whether its account may is asked afterwards.</summary>
    public static bool IsTaken(AdminState state, AdminType request)
    {
        var rule = Of(request);
        return state switch
        {
            AdminState.Session => rule.Access == AdminAccess.Everybody,
            AdminState.Restricted => rule.WhileRestricted,
            AdminState.Active { Side: AdminSide.Client } => rule.Access != AdminAccess.Nobody,
            // Agents are told what to do. What they may say is who they are.
            AdminState.Active { Side: AdminSide.Agent } => rule.Access == AdminAccess.Everybody,
            _ => false,
        };
    }

    /// <summary>The right that is needed and that the principal has nowhere; null when it may ask.</summary>
    public static string? Missing(AdminType request, Principal who)
    {
        var rule = Of(request);
        return rule.Access != AdminAccess.Right || rule.Rights.Any(right => MaySomewhere(who, right)) ? null : rule.Rights[0];
    }

    /// <summary>In the whole farm or in one of its groups.</summary>
    public static bool MaySomewhere(Principal who, string right) =>
        who.May(right) || who.Rights.Concat(who.Limit).Select(GroupOf).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase).Any(group => who.May(right, group));

    private static string? GroupOf(string word) => word.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at ? word[(at + 1)..] : null;
}
