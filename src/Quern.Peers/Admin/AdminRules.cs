using System.Collections.Frozen;
using Quern.Model;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>
/// What every request of the administration protocol needs: what an endpoint's declaration is for HTTP. A request that is not here is for
/// nobody. Administration protocol, "Who may send what".
/// </summary>
internal static class AdminRules
{
    private static readonly AdminRule s_nobody = new(AdminAccess.Nobody);

    private static readonly FrozenDictionary<string, AdminRule> s_rules = new Dictionary<string, AdminRule>
    {
        ["RQ_Session"] = new(AdminAccess.Nobody),   // the first message, by its place; not once more
        ["RQ_Ping"] = new(AdminAccess.Everybody) { WhileRestricted = true },
        ["RQ_ServerBanner"] = new(AdminAccess.Everybody),
        ["RQ_Login"] = new(AdminAccess.Everybody),
        ["RQ_ResumeSession"] = new(AdminAccess.Everybody),
        ["RQ_AuthSession"] = new(AdminAccess.Everybody),
        ["RQ_Logout"] = new(AdminAccess.Account) { WhileRestricted = true },
        ["RQ_RenewSession"] = new(AdminAccess.Account),
        ["RQ_ListSessions"] = new(AdminAccess.Account, Right.SessionManage),
        ["RQ_RevokeSession"] = new(AdminAccess.Account, Right.SessionManage),
        ["RQ_BeginTotp"] = new(AdminAccess.Account) { WhileRestricted = true },
        ["RQ_ConfirmTotp"] = new(AdminAccess.Account) { WhileRestricted = true },
        ["RQ_DisableTotp"] = new(AdminAccess.Account, Right.UserResetTotp),
        ["RQ_CreateUser"] = new(AdminAccess.Right, Right.UserCreate),
        ["RQ_UpdateUser"] = new(AdminAccess.Account, Right.UserUpdate) { WhileRestricted = true },
        ["RQ_DeleteUser"] = new(AdminAccess.Right, Right.UserDelete),
        ["RQ_ListUsers"] = new(AdminAccess.Account, Right.UserList),
        ["RQ_CreateGroup"] = new(AdminAccess.Right, Right.GroupCreate),
        ["RQ_UpdateGroup"] = new(AdminAccess.Right, Right.GroupUpdate),
        ["RQ_DeleteGroup"] = new(AdminAccess.Right, Right.GroupDelete),
        ["RQ_ListGroups"] = new(AdminAccess.Account, Right.GroupList),
        ["RQ_CreateListener"] = new(AdminAccess.Right, Right.ListenerCreate),
        ["RQ_UpdateListener"] = new(AdminAccess.Right, Right.ListenerUpdate),
        ["RQ_DeleteListener"] = new(AdminAccess.Right, Right.ListenerDelete),
        ["RQ_ListListeners"] = new(AdminAccess.Right, Right.ListenerList),
        ["RQ_BuildAgent"] = new(AdminAccess.Right, Right.AgentBuild),
        ["RQ_FetchArtifact"] = new(AdminAccess.Right, Right.AgentBuild),
        ["RQ_ListAgents"] = new(AdminAccess.Account, Right.AgentList),
        ["RQ_ModerateAgent"] = new(AdminAccess.Right, Right.AgentApprove),
        ["RQ_ChangePowerState"] = new(AdminAccess.Right, Right.AgentPower) { IsRouted = true },
        ["RQ_CreateEnrolmentToken"] = new(AdminAccess.Right, Right.AgentApprove),
        ["RQ_RevokeEnrolmentToken"] = new(AdminAccess.Right, Right.AgentApprove),
        ["RQ_UpdateBanner"] = new(AdminAccess.Right, Right.ServerBanner, Right.ServerMaintenance),
        ["RQ_CreateApiToken"] = new(AdminAccess.Right, Right.TokenOwn),
        ["RQ_ListApiTokens"] = new(AdminAccess.Right, Right.TokenOwn, Right.TokenManage),
        ["RQ_RevokeApiToken"] = new(AdminAccess.Right, Right.TokenOwn, Right.TokenManage),
        ["RQ_ListRoles"] = new(AdminAccess.Right, Right.RoleList),
        ["RQ_PutRole"] = new(AdminAccess.Right, Right.RoleManage),
        ["RQ_DeleteRole"] = new(AdminAccess.Right, Right.RoleManage),
        ["RQ_QueryAudit"] = new(AdminAccess.Right, Right.AuditRead),
        ["RQ_STStream"] = new(AdminAccess.Account, Right.UserList, Right.GroupList, Right.ListenerList),
        ["RQ_StopStream"] = new(AdminAccess.Account),
        ["RQ_AgentMetadata"] = new(AdminAccess.Nobody),            // the server asks it of agents
        ["RQ_RefreshAuthCertificate"] = new(AdminAccess.Nobody),   // the same
        ["RQ_DirectConnection"] = new(AdminAccess.Nobody),         // peers do not come to know each other's addresses
        ["RQ_CoordinateConnection"] = new(AdminAccess.Nobody),     // the same
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
