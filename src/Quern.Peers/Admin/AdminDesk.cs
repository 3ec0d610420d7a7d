using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>
/// Brings each request to the desk that answers it. Whether the peer may ask at all was seen to before (<see cref="AdminRules"/>); what it
/// gets is the desk's to say. What is begun is finished, whatever becomes of the connection, unless the master stops.
/// </summary>
internal sealed class AdminDesk(AdminDesks desks, AdminRoom room, CancellationToken masterStops)
{
    private readonly SessionArea _sessions = new(desks, room.Options);
    private readonly UserArea _users = new(desks.Users);
    private readonly GroupArea _groups = new(desks.Groups);
    private readonly ListenerArea _listeners = new(desks.Listeners);
    private readonly BuildArea _builds = new(desks.Builds);
    private readonly AgentArea _agents = new(desks.Agents);
    private readonly TokenArea _tokens = new(desks.Tokens);
    private readonly RoleArea _roles = new(desks.Roles);
    private readonly StreamArea _streams = new(desks, room);

    public AdminDesks Desks => desks;

    /// <summary>Never throws for what the peer sent; does for what goes wrong here.</summary>
    public Task<AdminAnswer> AnswerAsync(AdminRequest request) => Message(request) switch
    {
        RQ_Ping => Task.FromResult<AdminAnswer>(AdminAnswers.Of(RS_Ping.PingOk)),
        RQ_ServerBanner m => Task.FromResult(_sessions.Banner(request, m)),
        RQ_UpdateBanner m => _sessions.UpdateBannerAsync(request, m, masterStops),
        RQ_Login m => _sessions.LoginAsync(request, m, masterStops),
        RQ_ResumeSession m => _sessions.ResumeAsync(request, m, masterStops),
        RQ_RenewSession => _sessions.RenewAsync(request, masterStops),
        RQ_Logout m => _sessions.LogoutAsync(request, m, masterStops),
        RQ_BeginTotp m => _sessions.BeginTotpAsync(request, m, masterStops),
        RQ_ConfirmTotp m => _sessions.ConfirmTotpAsync(request, m, masterStops),
        RQ_DisableTotp m => _users.DisableTotpAsync(request, m, masterStops),
        RQ_CreateUser m => _users.CreateAsync(request, m, masterStops),
        RQ_UpdateUser m => _users.UpdateAsync(request, m, masterStops),
        RQ_DeleteUser m => _users.DeleteAsync(request, m, masterStops),
        RQ_ListUsers m => _users.ListAsync(request, m, masterStops),
        RQ_CreateGroup m => _groups.CreateAsync(request, m, masterStops),
        RQ_UpdateGroup m => _groups.UpdateAsync(request, m, masterStops),
        RQ_DeleteGroup m => _groups.DeleteAsync(request, m, masterStops),
        RQ_ListGroups m => _groups.ListAsync(request, m, masterStops),
        RQ_CreateListener m => _listeners.CreateAsync(request, m, masterStops),
        RQ_UpdateListener m => _listeners.UpdateAsync(request, m, masterStops),
        RQ_DeleteListener m => _listeners.DeleteAsync(request, m, masterStops),
        RQ_ListListeners => Task.FromResult(_listeners.List(request)),
        RQ_BuildAgent m => _builds.BuildAsync(request, m, masterStops),
        RQ_FetchArtifact m => _builds.FetchAsync(request, m, masterStops),
        RQ_AuthSession m => _agents.AuthAsync(request, m, masterStops),
        RQ_ListAgents m => _agents.ListAsync(request, m, room.SidOf, masterStops),
        RQ_ModerateAgent m => _agents.ModerateAsync(request, m, masterStops),
        RQ_CreateEnrolmentToken m => _agents.CreateKeyAsync(request, m, masterStops),
        RQ_RevokeEnrolmentToken m => _agents.RevokeKeyAsync(request, m, masterStops),
        RQ_CreateApiToken m => _tokens.CreateAsync(request, m, masterStops),
        RQ_ListApiTokens m => _tokens.ListAsync(request, m, masterStops),
        RQ_RevokeApiToken m => _tokens.RevokeAsync(request, m, masterStops),
        RQ_ListSessions m => _tokens.ListSessionsAsync(request, m, masterStops),
        RQ_RevokeSession m => _tokens.RevokeSessionAsync(request, m, masterStops),
        RQ_ListRoles => _roles.ListAsync(request, masterStops),
        RQ_PutRole m => _roles.PutAsync(request, m, masterStops),
        RQ_DeleteRole m => _roles.DeleteAsync(request, m, masterStops),
        RQ_QueryAudit m => AuditArea.QueryAsync(desks.Audit, request, m, masterStops),
        RQ_STStream m => _streams.OpenAsync(request, m, masterStops),
        RQ_StopStream m => Task.FromResult(_streams.Stop(request, m)),
        _ => Task.FromResult(AdminAnswers.Failed(request.Type)),
    };

    /// <summary>The connection is over.</summary>
    public void Forget(IAdminVoice voice) => _streams.Forget(voice);

    /// <summary>The group of an agent that the caller can see; null when there is none.</summary>
    public Task<string?> GroupOfAsync(AdminRequest request, string agent) => _agents.GroupOfAsync(request.Who, agent, masterStops);

    private static IMessage Message(AdminRequest request) => ((AdminBody.Message)request.Envelope.Body).Value;
}
