using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;
using Quern.Web.Pages;

namespace Quern.MasterHost.Api;

/// <summary>Signing in: a token for programs, a cookie for browsers.</summary>
internal static class LoginEndpoints
{
    /// <summary>The title by which programs know that the password was right and a code is wanted.</summary>
    public const string CodeNeeded = "Code needed";

    private const int MaxText = 1024;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/api/v1/login", TokenAsync).Open().Produces<LoginAnswer>().ProducesProblem(401).ProducesProblem(403).ProducesProblem(429);
        app.MapPost("/api/v1/logout", EndAsync).ForOwnAccount().Does(EstateActs.Own).Produces(204);
        app.MapPost("/login", CookieAsync).Open().ExcludeFromDescription();
        app.MapPost("/logout", SignOutAsync).Open().ExcludeFromDescription();
    }

    public static bool IsTooLong(params ReadOnlySpan<string?> texts)
    {
        foreach (string? text in texts)
            if (text?.Length > MaxText) return true;
        return false;
    }

    public static IResult TooLong() => ApiProblem.Bad($"Users, passwords and codes have at most {MaxText} characters.");

    public static IResult TooMany(HttpContext context, TimeSpan wait)
    {
        context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return ApiProblem.Result(429, "Too many tries", "Too many sign-ins that failed or wait; try again later.");
    }

    private static async Task<IResult> TokenAsync(LoginRequest request, Doorkeeper door, TokenBook tokens, HttpContext context)
    {
        if (IsTooLong(request.User, request.Password, request.Code, request.RecoveryCode)) return TooLong();
        var attempt = new LoginAttempt(request.User, request.Password, context.From(), request.Code ?? "", request.RecoveryCode ?? "");
        switch (await door.LoginAsync(attempt, context.RequestAborted, NewSession(context, tokens)))
        {
            case LoginResult.Welcome welcome:
                context.Response.Headers.CacheControl = "no-store";
                var duty = welcome.Principal.Duty;
                return Results.Json(new LoginAnswer(welcome.Token, welcome.Principal.Name, welcome.EndsAt, duty == SignInDuty.ChangePassword, duty == SignInDuty.EnrolTotp),
                    ApiJson.Default.LoginAnswer);
            case LoginResult.TooMany many: return TooMany(context, many.RetryAfter);
            case LoginResult.Expired: return ApiProblem.Forbidden("The account's end date is past. An administrator can give it another.");
            case LoginResult.Maintenance: return ApiProblem.Result(503, "Maintenance", "The farm is in maintenance; whoever looks after it may sign in meanwhile.");
            case LoginResult.CodeNeeded: return ApiProblem.Result(401, CodeNeeded, "This account has one-time codes: send 'code' or 'recovery_code' too.");
            case LoginResult.WrongCode: return ApiProblem.Result(401, "Wrong code", "The code is wrong or was used before; take the next one.");
            default: return ApiProblem.Result(401, "Not signed in", "User or password is wrong.");
        }
    }

    private static async Task<IResult> EndAsync(FarmStore store, TokenBook tokens, HttpContext context)
    {
        var who = context.Principal();
        await store.RevokeTokenAsync(who.TokenId, context.Caller().Actor, context.RequestAborted);
        tokens.Forget();
        return Results.NoContent();
    }

    private static async Task CookieAsync(Doorkeeper door, OwnAccount own, TokenBook tokens, HttpContext context)
    {
        if (!context.Request.HasFormContentType || context.Request.ContentLength is null or > 8192)
        {
            await PageEndpoints.WriteAsync(context, 400, LoginPages.Render(context, "The form was not understood."));
            return;
        }
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        string user = form["user"].ToString(), password = form["password"].ToString(), code = form["code"].ToString(), fresh = form["new_password"].ToString();
        // What is longer or has a hyphen is a recovery code: one field is enough.
        bool recovery = code.Contains('-', StringComparison.Ordinal) || code.Length > 8;
        var result = IsTooLong(user, password, code, fresh)
            ? new LoginResult.Wrong()
            : await door.LoginAsync(new LoginAttempt(user, password, context.From(), recovery ? "" : code, recovery ? code : ""), context.RequestAborted, NewSession(context, tokens));
        if (result is LoginResult.Welcome welcome)
        {
            string? page = await DutyAsync(welcome, own, tokens, password, fresh, code.Length > 0, context);
            if (page is null)
            {
                context.Response.Cookies.Append(AccessGate.CookieName, welcome.Token, Options(context));
                context.Response.StatusCode = 303;
                context.Response.Headers.Location = "/";
                return;
            }
            // A session that may do nothing is of no use to a browser.
            await tokens.RevokeAsync(welcome.Token, welcome.Principal.Actor with { Address = $"{context.From()}", Door = "http" }, context.RequestAborted);
            await PageEndpoints.WriteAsync(context, 401, page);
            return;
        }
        await PageEndpoints.WriteAsync(context, 401, result switch
        {
            LoginResult.TooMany => LoginPages.Render(context, "Too many tries; wait a quarter of an hour."),
            LoginResult.Expired => LoginPages.Render(context, "The account's end date is past."),
            LoginResult.Maintenance => LoginPages.Render(context, "The farm is in maintenance; whoever looks after it may sign in meanwhile."),
            LoginResult.CodeNeeded => LoginPages.Render(context, "Give a one-time code too.", askCode: true),
            LoginResult.WrongCode => LoginPages.Render(context, "The code is wrong or was used before; take the next one.", askCode: true),
            _ => LoginPages.Render(context, "User or password is wrong."),
        });
    }

    /// <summary>Does what the account must do first, if the form has what that needs. Null when nothing is left to do, else the page that asks for it.</summary>
    private static async Task<string?> DutyAsync(
        LoginResult.Welcome welcome, OwnAccount own, TokenBook tokens, string password, string fresh, bool askCode, HttpContext context)
    {
        var who = welcome.Principal;
        if (who.Duty == SignInDuty.ChangePassword)
        {
            if (fresh.Length == 0) return LoginPages.Render(context, "The password must be changed: give it once more, and a new one.", askCode, askNewPassword: true);
            switch (await own.ChangePasswordAsync(who, password, fresh, context.From(), context.RequestAborted))
            {
                case OwnChange.Refused refused: return LoginPages.Render(context, string.Join(' ', refused.Errors.Select(e => e.Description)), askCode, askNewPassword: true);
                case not OwnChange.Done: return LoginPages.Render(context, "Too many tries; wait a quarter of an hour.");
            }
            who = await tokens.FindAsync(welcome.Token, context.RequestAborted) ?? who;
        }
        return who.Duty == SignInDuty.None ? null : LoginPages.Render(context, "This farm wants one-time codes of everybody. Run 'quern login' once; it sets them up.");
    }

    private static async Task SignOutAsync(TokenBook tokens, HttpContext context)
    {
        // A foreign page cannot send the cookie here: it is for this site alone (SameSite=Strict).
        if (context.Request.Cookies.TryGetValue(AccessGate.CookieName, out string? secret) && await tokens.FindAsync(secret, context.RequestAborted) is { } who)
            await tokens.RevokeAsync(secret, who.Actor with { Address = $"{context.From()}", Door = "http" }, context.RequestAborted);
        context.Response.Cookies.Delete(AccessGate.CookieName, Options(context));
        context.Response.StatusCode = 303;
        context.Response.Headers.Location = "/";
    }

    private static CookieOptions Options(HttpContext context) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        Path = "/",
        // The session itself ends earlier, as the configuration says.
        MaxAge = TimeSpan.FromDays(30),
    };

    /// <summary>A session that knows where it came from.</summary>
    private static Func<StoredAccount, (string Secret, StoredToken Session)> NewSession(HttpContext context, TokenBook tokens) =>
        account => tokens.NewSession(account, context.From(), context.Request.Headers.UserAgent.ToString());
}
