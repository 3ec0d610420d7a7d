using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.Web.Pages;

namespace Quern.MasterHost.Api;

/// <summary>Signing in: a token for programs, a cookie for browsers.</summary>
internal static class LoginEndpoints
{
    private const int MaxText = 1024;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/api/v1/login", TokenAsync).Open().Produces<LoginAnswer>().ProducesProblem(401).ProducesProblem(429);
        app.MapPost("/login", CookieAsync).Open().ExcludeFromDescription();
        app.MapPost("/logout", SignOutAsync).Open().ExcludeFromDescription();
    }

    private static async Task<IResult> TokenAsync(LoginRequest request, Doorkeeper door, HttpContext context)
    {
        if (request.User.Length > MaxText || request.Password.Length > MaxText) return ApiProblem.Bad($"User and password have at most {MaxText} characters.");
        switch (await door.LoginAsync(request.User, request.Password, From(context), context.RequestAborted))
        {
            case LoginResult.Welcome welcome:
                context.Response.Headers.CacheControl = "no-store";
                return Results.Json(new LoginAnswer(welcome.Token, welcome.Principal.Name), ApiJson.Default.LoginAnswer);
            case LoginResult.TooMany many:
                context.Response.Headers.RetryAfter = ((int)many.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                return ApiProblem.Result(429, "Too many tries", "Too many sign-ins that failed or wait; try again later.");
            default:
                return ApiProblem.Result(401, "Not signed in", "User or password is wrong.");
        }
    }

    private static async Task CookieAsync(Doorkeeper door, HttpContext context)
    {
        if (!context.Request.HasFormContentType || context.Request.ContentLength is null or > 8192)
        {
            await PageEndpoints.WriteAsync(context, 400, LoginPage.Render("The form was not understood."));
            return;
        }
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        string user = form["user"].ToString(), password = form["password"].ToString();
        var result = user.Length > MaxText || password.Length > MaxText ? new LoginResult.Wrong() : await door.LoginAsync(user, password, From(context), context.RequestAborted);
        if (result is LoginResult.Welcome welcome)
        {
            context.Response.Cookies.Append(AccessGate.CookieName, welcome.Token, Options(context));
            context.Response.StatusCode = 303;
            context.Response.Headers.Location = "/";
            return;
        }
        await PageEndpoints.WriteAsync(context, 401, LoginPage.Render(result is LoginResult.TooMany ? "Too many tries; wait a minute." : "User or password is wrong."));
    }

    private static async Task SignOutAsync(TokenBook tokens, HttpContext context)
    {
        // A foreign page cannot send the cookie here: it is for this site alone (SameSite=Strict).
        if (context.Request.Cookies.TryGetValue(AccessGate.CookieName, out string? secret) && await tokens.FindAsync(secret, context.RequestAborted) is { } who)
            await tokens.RevokeAsync(secret, who.Actor, context.RequestAborted);
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
        MaxAge = TimeSpan.FromDays(30),
    };

    private static IPAddress From(HttpContext context) => context.Connection.RemoteIpAddress ?? IPAddress.None;
}
