using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>Agents: how they come in, and who looks after them.</summary>
internal sealed class AgentArea(IAgentDesk desk)
{
    /// <summary>
    /// A key that is good once, with a certificate request, gives a certificate; an agent that came with one gets it renewed. Passwords and
    /// short-lived tokens of groups are not taken: keys replace them.
    /// </summary>
    public async Task<AdminAnswer> AuthAsync(AdminRequest request, RQ_AuthSession asked, CancellationToken cancellationToken)
    {
        if (request.Agent.Length > 0)
        {
            if (asked.Csr.IsEmpty) return AdminAnswers.Of(RS_AuthSession.AuthSessionOk);
            return Answer(await desk.RenewAsync(request.Agent, asked.Csr.Memory, request.Peer.From, cancellationToken), renews: true);
        }
        if (request.State is not AdminState.Session || !request.Voice.TakesAgents) return Refused("This connection is not for agents.");
        if (asked.AuthMethodCase != RQ_AuthSession.AuthMethodOneofCase.EnrolmentToken)
            return Refused("Agents join with an enrolment key and a certificate request; groups have no passwords.");
        if (asked.EnrolmentToken.Length == 0 || asked.Csr.IsEmpty) return Refused("An enrolment key and a PKCS#10 request are both needed.");
        return Answer(await desk.EnrolAsync(asked.EnrolmentToken, asked.Csr.Memory, request.Peer.Uuid, request.Peer.From, cancellationToken), renews: false);
    }

    public async Task<AdminAnswer> ListAsync(AdminRequest request, RQ_ListAgents asked, Func<string, int> sidOf, CancellationToken cancellationToken)
    {
        var page = await desk.ListAsync(request.Who, asked.Group, asked.OnlineOnly, asked.PageToken, Pages.Size(asked.PageSize), cancellationToken);
        var (agents, next) = Pages.Fitting(page, a => Of(a, sidOf(a.Uuid)), agent => agent.Name);
        return AdminAnswers.Of(new RS_ListAgents { Agent = { agents }, NextPageToken = next });
    }

    public async Task<AdminAnswer> ModerateAsync(AdminRequest request, RQ_ModerateAgent asked, CancellationToken cancellationToken)
    {
        if (!Enum.IsDefined(asked.Action)) return AdminAnswers.Of(RS_ModerateAgent.ModerateAgentNotFound, new ResultTail { Detail = "There is no such action.", Field = "action" });
        var answer = await desk.ModerateAsync(request.Who, asked.Uuid, (AgentModeration)(int)asked.Action, cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_ModerateAgent.ModerateAgentOk,
            EstateCode.Denied => RS_ModerateAgent.ModerateAgentAccessDenied,
            _ => RS_ModerateAgent.ModerateAgentNotFound,
        }) with
        { Then = answer.Succeeded && asked.Action != RQ_ModerateAgent.Types.Action.Approve ? new AdminEffect.AgentRevoked(answer.Id.Length > 0 ? answer.Id : asked.Uuid) : null };
    }

    public async Task<AdminAnswer> CreateKeyAsync(AdminRequest request, RQ_CreateEnrolmentToken asked, CancellationToken cancellationToken)
    {
        if (asked.MaxUses > int.MaxValue) return Key(RS_CreateEnrolmentToken.Types.Code.EnrolmentTokenInvalid);
        var made = await desk.CreateKeyAsync(
            request.Who,
            new NewEnrolmentKey(asked.Group, (int)asked.MaxUses, TimeSpan.FromSeconds(asked.LifetimeSeconds), asked.RequireApproval, [.. asked.AllowedNetwork], asked.Note),
            cancellationToken);
        return made.Answer.Code switch
        {
            EstateCode.Done => AdminAnswers.Of(new RS_CreateEnrolmentToken { Id = made.Answer.Id, Token = made.Secret, Expires = made.ExpiresAt.ToUnixTimeMilliseconds() }),
            EstateCode.Denied => Key(RS_CreateEnrolmentToken.Types.Code.EnrolmentTokenAccessDenied),
            EstateCode.UnknownGroup or EstateCode.NotFound => Key(RS_CreateEnrolmentToken.Types.Code.EnrolmentTokenUnknownGroup),
            _ => Key(RS_CreateEnrolmentToken.Types.Code.EnrolmentTokenInvalid),
        };
    }

    public async Task<AdminAnswer> RevokeKeyAsync(AdminRequest request, RQ_RevokeEnrolmentToken asked, CancellationToken cancellationToken)
    {
        var answer = await desk.RevokeKeyAsync(request.Who, asked.Id, cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_RevokeEnrolmentToken.RevokeEnrolmentTokenOk,
            EstateCode.NotFound => RS_RevokeEnrolmentToken.RevokeEnrolmentTokenNotFound,
            _ => RS_RevokeEnrolmentToken.RevokeEnrolmentTokenAccessDenied,
        });
    }

    /// <summary>The group of an agent that the caller can see; null when there is none.</summary>
    public async Task<string?> GroupOfAsync(Caller who, string uuid, CancellationToken cancellationToken) => (await desk.FindAsync(who, uuid, cancellationToken))?.Group;

    private static AdminAnswer Answer(AgentWelcome welcome, bool renews) => welcome switch
    {
        AgentWelcome.Granted granted => AdminAnswers.Of(RS_AuthSession.AuthSessionOk, new ResultTail
        {
            Certificate = new CertificateGrant
            {
                Certificate = ByteString.CopyFrom(granted.Certificate.Span),
                Chain = { granted.Chain.Select(c => ByteString.CopyFrom(c.Span)) },
                NotAfter = granted.NotAfter.ToUnixTimeMilliseconds(),
            },
            ResourceId = granted.Uuid,
        }) with
        { Then = renews ? null : new AdminEffect.IsAgent(granted.Uuid) },
        AgentWelcome.Pending pending => AdminAnswers.Of(RS_AuthSession.AuthSessionPending, new ResultTail { ResourceId = pending.Uuid }),
        AgentWelcome.TooMany many => AdminAnswers.Of(RS_AuthSession.AuthSessionRateLimited, AdminAnswers.RetryAfter(many.RetryAfter)) with { Then = new AdminEffect.Refused() },
        _ => Refused(""),
    };

    private static AdminAnswer Refused(string detail) =>
        AdminAnswers.Of(RS_AuthSession.AuthSessionFailed, detail.Length > 0 ? AdminAnswers.Detail(detail) : null) with { Then = new AdminEffect.Refused() };

    private static AdminAnswer.Message Key(RS_CreateEnrolmentToken.Types.Code code) => AdminAnswers.Of(new RS_CreateEnrolmentToken { Code = code });

    private static RS_ListAgents.Types.Agent Of(AgentFacts agent, int sid)
    {
        var (os, arch) = AgentWords.Of(agent);
        return new()
        {
            Uuid = agent.Uuid,
            Sid = sid,
            Online = agent.Online || sid != 0,
            Hostname = agent.Hostname.Length > 0 ? agent.Hostname : agent.Name,
            Os = os,
            Arch = arch,
            Group = { agent.Group },
            RemoteAddress = agent.Address,
            FirstSeen = Times.Of(agent.FirstSeenAt),
            LastSeen = Times.Of(agent.LastSeenAt),
            CertificateNotAfter = Times.Of(agent.CertificateNotAfter),
            AgentVersion = agent.Version,
            PendingApproval = agent.Pending,
        };
    }
}
