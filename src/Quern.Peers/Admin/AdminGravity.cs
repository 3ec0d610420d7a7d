using System.Collections.Frozen;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>Whether a request is grave: by its act, and where that is judged, by what it asks for.</summary>
internal static class AdminGravity
{
    private static readonly FrozenDictionary<Type, Func<IMessage, Caller, bool>> s_judges = new Dictionary<Type, Func<IMessage, Caller, bool>>
    {
        [typeof(RQ_DisableTotp)] = (m, who) => Gravity.OfTotp(((RQ_DisableTotp)m).Username, who),
        [typeof(RQ_UpdateUser)] = (m, who) => Gravity.Of(UserArea.EditOf((RQ_UpdateUser)m, expiresAt: null), who),
        [typeof(RQ_UpdateGroup)] = (m, _) => Gravity.Of(GroupArea.EditOf((RQ_UpdateGroup)m, "")),
        [typeof(RQ_UpdateListener)] = (m, _) => Gravity.Of(ListenerArea.EditOf((RQ_UpdateListener)m, "")),
        [typeof(RQ_ModerateAgent)] = (m, _) => Gravity.Of((AgentModeration)(int)((RQ_ModerateAgent)m).Action),
        [typeof(RQ_UpdateBanner)] = (m, _) => Gravity.Of(SessionArea.EditOf((RQ_UpdateBanner)m)),
        [typeof(RQ_CreateApiToken)] = (m, _) => Gravity.Of(TokenArea.TokenOf((RQ_CreateApiToken)m)),
    }.ToFrozenDictionary();

    /// <summary>Of a judged one that nobody says how to judge: true.</summary>
    /// <param name="tokens">Knows whose token it is that is to be revoked.</param>
    public static ValueTask<bool> IsGraveAsync(AdminType request, IMessage message, Caller who, ITokenDesk tokens, CancellationToken cancellationToken) =>
        AdminRules.Of(request).Act.Weight switch
        {
            ActWeight.Light => ValueTask.FromResult(false),
            ActWeight.Judged when message is RQ_RevokeApiToken revoked => Gravity.OfTokenAsync(revoked.Id, who, tokens, cancellationToken),
            ActWeight.Judged when s_judges.TryGetValue(message.GetType(), out var judge) => ValueTask.FromResult(judge(message, who)),
            _ => ValueTask.FromResult(true),
        };
}
