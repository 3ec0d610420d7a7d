using Quern.Admin.V1;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>API tokens, and sessions as tokens that people hold.</summary>
internal sealed class TokenArea(ITokenDesk desk)
{
    public async Task<AdminAnswer> CreateAsync(AdminRequest request, RQ_CreateApiToken asked, CancellationToken cancellationToken)
    {
        var made = await desk.CreateAsync(request.Who, TokenOf(asked), cancellationToken);
        return AdminAnswers.Of(made.Answer.Code switch
        {
            EstateCode.Done => new RS_CreateApiToken { Id = made.Answer.Id, Token = made.Secret, Expires = Times.Of(made.ExpiresAt) },
            EstateCode.Denied => new RS_CreateApiToken { Code = RS_CreateApiToken.Types.Code.ApiTokenAccessDenied },
            _ => new RS_CreateApiToken { Code = RS_CreateApiToken.Types.Code.ApiTokenInvalid },
        });
    }

    public static NewToken TokenOf(RQ_CreateApiToken asked) =>
        new(asked.Name, [.. asked.Permission], asked.LifetimeSeconds == 0 ? null : TimeSpan.FromSeconds(asked.LifetimeSeconds)) { Networks = [.. asked.AllowedNetwork] };

    public async Task<AdminAnswer> ListAsync(AdminRequest request, RQ_ListApiTokens asked, CancellationToken cancellationToken)
    {
        var tokens = await desk.ListAsync(request.Who, asked.Username, cancellationToken) ?? [];
        return AdminAnswers.Of(new RS_ListApiTokens
        {
            Token =
            {
                tokens.Select(t => new RS_ListApiTokens.Types.ApiToken
                {
                    Id = t.Id,
                    Name = t.Name,
                    Username = t.User,
                    Permission = { t.Rights },
                    Created = Times.Of(t.CreatedAt),
                    Expires = Times.Of(t.ExpiresAt),
                    LastUsed = Times.Of(t.LastUsedAt),
                }),
            },
        });
    }

    public async Task<AdminAnswer> RevokeAsync(AdminRequest request, RQ_RevokeApiToken asked, CancellationToken cancellationToken)
    {
        var answer = await desk.RevokeAsync(request.Who, asked.Id, cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_RevokeApiToken.RevokeApiTokenOk,
            EstateCode.NotFound => RS_RevokeApiToken.RevokeApiTokenNotFound,
            _ => RS_RevokeApiToken.RevokeApiTokenAccessDenied,
        }) with
        { Then = answer.Succeeded ? new AdminEffect.SessionsEnded() : null };
    }

    public async Task<AdminAnswer> ListSessionsAsync(AdminRequest request, RQ_ListSessions asked, CancellationToken cancellationToken)
    {
        var sessions = await desk.ListSessionsAsync(request.Who, asked.Username, cancellationToken) ?? [];
        return AdminAnswers.Of(new RS_ListSessions
        {
            Session =
            {
                sessions.Select(s => new RS_ListSessions.Types.Session
                {
                    Id = s.Id,
                    Username = s.User,
                    RemoteAddress = s.Address,
                    Product = s.Product,
                    Created = Times.Of(s.CreatedAt),
                    LastSeen = Times.Of(s.LastUsedAt),
                    Expires = Times.Of(s.ExpiresAt),
                    Current = s.Current,
                }),
            },
        });
    }

    public async Task<AdminAnswer> RevokeSessionAsync(AdminRequest request, RQ_RevokeSession asked, CancellationToken cancellationToken)
    {
        var answer = await desk.EndSessionAsync(request.Who, asked.Id, cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_RevokeSession.RevokeSessionOk,
            EstateCode.NotFound => RS_RevokeSession.RevokeSessionNotFound,
            _ => RS_RevokeSession.RevokeSessionAccessDenied,
        }) with
        { Then = answer.Succeeded ? new AdminEffect.SessionsEnded() : null };
    }
}
