using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>Coming in and going: banner, login, sessions, one-time codes of the own account.</summary>
internal sealed class SessionArea(AdminDesks desks, AdminOptions options)
{
    public AdminAnswer Banner(AdminRequest request, RQ_ServerBanner asked)
    {
        var banner = desks.Banner.Current;
        var answer = new RS_ServerBanner
        {
            Maintenance = banner.Maintenance,
            Version = banner.Version,
            Message = banner.Message,
            ImageSha256 = ByteString.CopyFrom(banner.ImageSha256.Span),
            TotpRequired = options.RequiresTotp,
            PasswordMinLength = (uint)options.MinPassword,
        };
        bool known = CryptographicOperations.FixedTimeEquals(asked.KnownImageSha256.Span, banner.ImageSha256.Span);
        // A megabyte for a dozen bytes: not as often as anybody likes.
        if (!known && request.Voice.MayHaveImage()) answer.Image = UnsafeByteOperations.UnsafeWrap(banner.Image);
        return AdminAnswers.Of(answer);
    }

    public async Task<AdminAnswer> UpdateBannerAsync(AdminRequest request, RQ_UpdateBanner asked, CancellationToken cancellationToken)
    {
        var answer = await desks.Banner.UpdateAsync(request.Who, EditOf(asked), cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_UpdateBanner.UpdateBannerOk,
            EstateCode.InvalidMessage => RS_UpdateBanner.UpdateBannerInvalidMessage,
            EstateCode.InvalidImage => RS_UpdateBanner.UpdateBannerInvalidImage,
            _ => RS_UpdateBanner.UpdateBannerAccessDenied,
        });
    }

    public static BannerEdit EditOf(RQ_UpdateBanner asked) => new()
    {
        Message = asked.HasMessage ? asked.Message : null,
        Image = asked.HasImage ? asked.Image.Memory : null,
        Maintenance = asked.HasMaintenance ? asked.Maintenance : null,
        Drain = asked.Drain,
    };

    public async Task<AdminAnswer> LoginAsync(AdminRequest request, RQ_Login asked, CancellationToken cancellationToken)
    {
        if (request.State is not AdminState.Session) return await ProveAsync(request, asked, cancellationToken);
        if (!request.Voice.TakesClients) return AdminAnswers.Of(RS_Login.LoginFailed, AdminAnswers.Detail("This listener takes agents alone.")) with { Then = new AdminEffect.Refused() };
        var outcome = await desks.Login.LoginAsync(RequestOf(request, asked), cancellationToken);
        return outcome is LoginOutcome.Welcome welcome
            ? await WelcomeAsync(request, welcome, cancellationToken)
            : Refusal(outcome) with { Then = new AdminEffect.Refused() };
    }

    /// <summary>Whoever is logged in here gives password and code again. The session goes on, also when they are wrong.</summary>
    private async Task<AdminAnswer> ProveAsync(AdminRequest request, RQ_Login asked, CancellationToken cancellationToken)
    {
        if (request.Caller is not { Principal.Kind: TokenKind.Session } who || asked.ApiToken.Length > 0 || (asked.Username.Length > 0 && asked.Username != request.UserName))
            return AdminAnswers.Of(RS_Login.LoginFailed, AdminAnswers.Detail("This connection is logged in; log out, or open another."));
        var outcome = await desks.Login.ProveAsync(who, request.Token, RequestOf(request, asked), cancellationToken);
        return outcome is LoginOutcome.Welcome welcome ? AdminAnswers.Of(RS_Login.LoginOk, Grant(welcome)) : Refusal(outcome);
    }

    private static LoginRequest RequestOf(AdminRequest request, RQ_Login asked) => new(asked.Username, asked.Password, request.Peer.From)
    {
        // The zeros in front are lost on the way, and so is the difference between 000000 and none.
        Code = asked.Token is > 0 and <= 999_999 ? asked.Token.ToString("D6", CultureInfo.InvariantCulture) : asked.Token == 0 ? "" : "-",
        RecoveryCode = asked.RecoveryCode,
        ApiToken = asked.ApiToken,
        Lifetime = TimeSpan.FromSeconds(asked.LifetimeSeconds),
        Product = request.Peer.Product,
    };

    public async Task<AdminAnswer> ResumeAsync(AdminRequest request, RQ_ResumeSession asked, CancellationToken cancellationToken)
    {
        if (request.State is not AdminState.Session) return AdminAnswers.Of(RS_ResumeSession.ResumeSessionFailed);
        return request.Voice.TakesClients && await desks.Login.ResumeAsync(asked.SessionToken, request.Peer.From, cancellationToken) is { } welcome
            ? AdminAnswers.Of(RS_ResumeSession.ResumeSessionOk, Grant(welcome)) with { Then = new AdminEffect.SignedIn(welcome.Token, welcome.Principal) }
            : AdminAnswers.Of(RS_ResumeSession.ResumeSessionFailed) with { Then = new AdminEffect.Refused() };
    }

    public async Task<AdminAnswer> RenewAsync(AdminRequest request, CancellationToken cancellationToken) =>
        await desks.Login.RenewAsync(request.Token, cancellationToken) is { } welcome
            ? AdminAnswers.Of(RS_RenewSession.RenewSessionOk, Grant(welcome))
            : AdminAnswers.Of(RS_RenewSession.RenewSessionExpired);

    /// <summary>The answer goes first, then the session is at an end, then the connection.</summary>
    public async Task<AdminAnswer> LogoutAsync(AdminRequest request, RQ_Logout asked, CancellationToken cancellationToken)
    {
        // Before the answer: what was answered holds, whatever happens to the farm next.
        await desks.Login.LogoutAsync(request.Token, asked.Everywhere, cancellationToken);
        return AdminAnswers.Of(RS_Logout.LogoutOk) with { Then = new AdminEffect.Leave("it logged out") };
    }

    public async Task<AdminAnswer> BeginTotpAsync(AdminRequest request, RQ_BeginTotp asked, CancellationToken cancellationToken)
    {
        var offer = await desks.Login.BeginTotpAsync(request.Who, asked.Password, cancellationToken);
        // There is no word for a refusal here but an answer with nothing in it.
        if (!offer.Answer.Succeeded) return AdminAnswers.Of(new RS_BeginTotp());
        return AdminAnswers.Of(new RS_BeginTotp { OtpauthUri = offer.Uri, SecretBase32 = offer.Secret, QrPng = UnsafeByteOperations.UnsafeWrap(offer.QrPng) });
    }

    public async Task<AdminAnswer> ConfirmTotpAsync(AdminRequest request, RQ_ConfirmTotp asked, CancellationToken cancellationToken)
    {
        string code = asked.Token is >= 0 and <= 999_999 ? asked.Token.ToString("D6", CultureInfo.InvariantCulture) : "";
        return await desks.Login.ConfirmTotpAsync(request.Who, code, cancellationToken) is { } codes
            ? AdminAnswers.Of(new RS_ConfirmTotp { Confirmed = true, RecoveryCode = { codes } })
            : AdminAnswers.Of(new RS_ConfirmTotp());
    }

    private async Task<AdminAnswer> WelcomeAsync(AdminRequest request, LoginOutcome.Welcome welcome, CancellationToken cancellationToken)
    {
        var duty = welcome.Principal.Duty;
        if (duty != SignInDuty.None && !request.Peer.Results)
        {
            // Such a client could do nothing about it, so it is not let in.
            await desks.Login.LogoutAsync(welcome.Token, false, cancellationToken);
            return AdminAnswers.Of(RS_Login.LoginFailed) with { Then = new AdminEffect.Refused() };
        }
        var result = duty == SignInDuty.ChangePassword ? RS_Login.LoginPasswordChangeRequired : RS_Login.LoginOk;
        return AdminAnswers.Of(result, Grant(welcome)) with { Then = new AdminEffect.SignedIn(welcome.Token, welcome.Principal) };
    }

    private static AdminAnswer.Result Refusal(LoginOutcome outcome) => outcome switch
    {
        LoginOutcome.TooMany many => AdminAnswers.Of(RS_Login.LoginRateLimited, AdminAnswers.RetryAfter(many.RetryAfter)),
        LoginOutcome.InvalidName => AdminAnswers.Of(RS_Login.LoginInvalidUsername),
        LoginOutcome.InvalidPassword => AdminAnswers.Of(RS_Login.LoginInvalidPassword),
        LoginOutcome.Expired => AdminAnswers.Of(RS_Login.LoginFailedExpiredUser),
        LoginOutcome.Maintenance => AdminAnswers.Of(RS_Login.LoginMaintenance, AdminAnswers.Detail("The farm is in maintenance.")),
        LoginOutcome.CodeNeeded => AdminAnswers.Of(RS_Login.LoginTokenRequired),
        LoginOutcome.WrongCode => AdminAnswers.Of(RS_Login.LoginInvalidToken),
        _ => AdminAnswers.Of(RS_Login.LoginFailed),
    };

    private static ResultTail Grant(LoginOutcome.Welcome welcome)
    {
        var who = welcome.Principal;
        var rights = who.Limit.Contains(Right.All) ? who.Rights.Where(r => r.Length > 0) : who.Limit.Where(r => r.Length > 0);
        return new ResultTail
        {
            Session = new SessionGrant
            {
                // Whoever came with a token made for a program has it already.
                SessionToken = who.Kind == TokenKind.Session ? welcome.Token : "",
                Expires = welcome.EndsAt.ToUnixTimeMilliseconds(),
                AbsoluteExpiry = welcome.LastsUntil.ToUnixTimeMilliseconds(),
                Permission = { rights.Order(StringComparer.Ordinal) },
                TotpEnrolmentRequired = who.Duty == SignInDuty.EnrolTotp,
            },
        };
    }
}
