using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>What people do to their own account. Open to every session, also to one that must do one of these first.</summary>
internal static class AccountEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var own = api.MapGroup("/account").ForOwnAccount().Does(EstateActs.Own);
        own.MapGet("", ShowAsync).Produces<OwnAccountModel>().ProducesProblem(404);
        own.MapPatch("", ChangeAsync).Produces<OwnAccountModel>().ProducesProblem(403).ProducesProblem(422);
        own.MapPost("/password", ChangePasswordAsync).Produces(204).ProducesProblem(403).ProducesProblem(422).ProducesProblem(429);
        own.MapPost("/totp", BeginTotpAsync).Produces<TotpBegun>().ProducesProblem(403).ProducesProblem(422).ProducesProblem(429);
        own.MapPost("/totp/confirm", ConfirmTotpAsync).Produces<RecoveryCodesModel>().ProducesProblem(422);
        own.MapPost("/step-up", ProveAsync).Produces<ProofAnswer>().ProducesProblem(400).ProducesProblem(403).ProducesProblem(429);
        own.MapPost("/totp/remove", RemoveTotpAsync).Produces(204).ProducesProblem(403).ProducesProblem(422).ProducesProblem(429);
    }

    private static async Task<IResult> ShowAsync(OwnAccount own, HttpContext context) =>
        await own.FindAsync(context.Principal(), context.RequestAborted) is { } a
            ? Results.Json(new OwnAccountModel(a.Name, a.Email, a.Phone, a.Roles, a.TotpEnabled, a.RecoveryCodes.Length, a.MustChangePassword,
                context.Principal().Duty == SignInDuty.EnrolTotp, a.ExpiresAt, a.LastSignInAt), ApiJson.Default.OwnAccountModel)
            : ApiProblem.NotFound("The account is gone.");

    private static async Task<IResult> ChangeAsync(OwnAccountRequest request, OwnAccount own, IUserDesk desk, HttpContext context)
    {
        string name = context.Principal().Name["user:".Length..];
        var answer = await desk.UpdateAsync(context.Caller(), new UserEdit(name) { Email = request.Email, Phone = request.Phone }, context.RequestAborted);
        return await answer.ToResultAsync(() => ShowAsync(own, context));
    }

    private static async Task<IResult> ChangePasswordAsync(PasswordRequest request, OwnAccount own, HttpContext context)
    {
        if (LoginEndpoints.IsTooLong(request.CurrentPassword, request.NewPassword)) return LoginEndpoints.TooLong();
        return Answer(context, await own.ChangePasswordAsync(context.Principal(), request.CurrentPassword, request.NewPassword, context.From(), context.RequestAborted),
            _ => Results.NoContent());
    }

    private static async Task<IResult> BeginTotpAsync(OwnPasswordRequest request, OwnAccount own, HttpContext context)
    {
        if (LoginEndpoints.IsTooLong(request.Password)) return LoginEndpoints.TooLong();
        var who = context.Principal();
        return Answer(context, await own.BeginTotpAsync(who, request.Password, context.From(), context.RequestAborted),
            secrets =>
            {
                string uri = Totp.UriOf(who.Name["user:".Length..], secrets[0]);
                return Results.Json(new TotpBegun(secrets[0], uri, QrCode.Png(uri)), ApiJson.Default.TotpBegun);
            });
    }

    private static async Task<IResult> ConfirmTotpAsync(CodeRequest request, OwnAccount own, HttpContext context)
    {
        if (LoginEndpoints.IsTooLong(request.Code)) return LoginEndpoints.TooLong();
        return Answer(context, await own.ConfirmTotpAsync(context.Principal(), request.Code, context.From(), context.RequestAborted),
            codes => Results.Json(new RecoveryCodesModel(codes), ApiJson.Default.RecoveryCodesModel));
    }

    /// <summary>Password and code again, in a session that goes on. Refusals are no 401: the session itself is good.</summary>
    private static async Task<IResult> ProveAsync(ProofRequest request, Doorkeeper door, ProofRule rule, HttpContext context)
    {
        if (LoginEndpoints.IsTooLong(request.Password, request.Code, request.RecoveryCode)) return LoginEndpoints.TooLong();
        var attempt = new LoginAttempt("", request.Password, context.From(), request.Code ?? "", request.RecoveryCode ?? "");
        return await door.ProveAsync(context.Principal(), attempt, context.Caller().Door, context.RequestAborted) switch
        {
            LoginResult.Proved proved => Results.Json(new ProofAnswer(proved.At, rule.Until(proved.At)), ApiJson.Default.ProofAnswer),
            LoginResult.TooMany many => LoginEndpoints.TooMany(context, many.RetryAfter),
            LoginResult.CodeNeeded => NotProved(LoginEndpoints.CodeNeeded, "code_needed", "This account has one-time codes: send 'code' or 'recovery_code' too."),
            LoginResult.WrongCode => NotProved("Wrong code", "wrong_code", "The code is wrong or was used before; take the next one."),
            _ => NotProved("Wrong password", "wrong_password", "The password is wrong."),
        };
    }

    private static IResult NotProved(string title, string code, string detail) => new ApiProblem(title, StatusCodes.Status403Forbidden, detail) { Code = code }.ToResult();

    private static async Task<IResult> RemoveTotpAsync(OwnPasswordRequest request, OwnAccount own, HttpContext context)
    {
        if (LoginEndpoints.IsTooLong(request.Password)) return LoginEndpoints.TooLong();
        return Answer(context, await own.RemoveTotpAsync(context.Principal(), request.Password, context.From(), context.RequestAborted), _ => Results.NoContent());
    }

    private static IResult Answer(HttpContext context, OwnChange change, Func<ImmutableArray<string>, IResult> done)
    {
        // Secrets that are shown once must not lie in anybody's cache.
        context.Response.Headers.CacheControl = "no-store";
        switch (change)
        {
            case OwnChange.Done made: return done(made.Secrets);
            case OwnChange.WrongPassword: return ApiProblem.Forbidden("The password is wrong.");
            case OwnChange.TooMany many: return LoginEndpoints.TooMany(context, many.RetryAfter);
            case OwnChange.Refused refused: return ApiProblem.Refused(string.Join(' ', refused.Errors.Select(e => e.Description)));
            default: throw new System.Diagnostics.UnreachableException();
        }
    }
}
