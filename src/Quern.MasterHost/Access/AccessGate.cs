using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Api;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;
using Quern.Web.Pages;

namespace Quern.MasterHost.Access;

/// <summary>
/// The one point, after routing and before every endpoint, where a request is let through or not. Deny by default: an endpoint
/// must say that it is open to all or which right it needs, and one that changes something of the estate what that is (<see cref="EstateActs"/>).
/// </summary>
internal sealed class AccessGate(RequestDelegate next, TokenBook tokens, FarmStore store, RefusalBook refusals, ProofGate proofs, TimeProvider time)
{
    public const string CookieName = "quern-token";

    /// <summary>How late it is felt in an answer without end that its caller lost a right.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    public async Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<OpenToAll>() is not null)
        {
            await next(context);
            return;
        }
        var principal = await WhoAsync(context);
        if (principal is null)
        {
            await RefuseStrangerAsync(context);
            return;
        }
        context.Features.Set(principal);
        // Routing's own answers, such as 405, are no routes and do nothing.
        if (endpoint is RouteEndpoint route && await ProblemAsync(context, route, principal) is { } problem)
        {
            await NoteAsync(context, route, principal);
            await ApiProblem.Write(context, StatusCodes.Status403Forbidden, "Not allowed", problem);
            return;
        }
        // What is grave by its content is looked at once that is read, by the filter of its declaration.
        if (endpoint?.Metadata.GetMetadata<DoesAct>() is { Act: { Weight: ActWeight.Grave } act } && await proofs.AsksAsync(context, act))
        {
            await ApiProblem.WriteProveAgain(context);
            return;
        }
        if (endpoint?.Metadata.GetMetadata<GoesOn>() is null) await next(context);
        else await WatchedAsync(context, principal);
    }

    /// <summary>Answers without end for as long as the principal is what it was: who is shut out hears no more.</summary>
    private async Task WatchedAsync(HttpContext context, Principal principal)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var watch = WatchAsync(context, principal, over.Token);
        try
        {
            await next(context);
        }
        finally
        {
            await over.CancelAsync();
            await watch;
        }
    }

    private async Task WatchAsync(HttpContext context, Principal principal, CancellationToken over)
    {
        try
        {
            while (true)
            {
                await Task.Delay(LookAgain, time, over);
                if (await StillIsAsync(principal, over)) continue;
                // Whoever may still hear something asks again, and gets what is now theirs.
                context.Abort();
                return;
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The answer ended first.
        }
    }

    private async Task<bool> StillIsAsync(Principal principal, CancellationToken cancellationToken)
    {
        try
        {
            return await tokens.AgainAsync(principal.TokenId, cancellationToken) is { } now && now.Duty == principal.Duty && now.Rights.SetEquals(principal.Rights);
        }
        catch (Exception e) when (StoreTrouble.Explain(e) is not null)
        {
            // A database that is busy tells nothing about rights.
            return true;
        }
    }

    /// <summary>Why this principal may not call this endpoint; null when it may.</summary>
    private async ValueTask<string?> ProblemAsync(HttpContext context, RouteEndpoint endpoint, Principal principal)
    {
        if (!IsWhole(endpoint)) return "Nobody may call this.";
        if (endpoint.Metadata.GetMetadata<OwnAccountOnly>() is not null)
            return principal.Kind == TokenKind.Session ? null : "This is for somebody who signed in; a token that was made for a program cannot do it.";
        if (endpoint.Metadata.GetMetadata<NeedsRight>() is not { } needs) return "Nobody may call this.";
        if (needs.OrSession && principal.Duty == SignInDuty.None && principal.Kind == TokenKind.Session) return null;
        if (principal.May(needs.Name) || await MayWithinAsync(context, needs, principal)) return null;
        return principal.Duty switch
        {
            SignInDuty.ChangePassword => "The password must be changed first: 'quern login' asks for a new one, POST /api/v1/account/password sets it.",
            SignInDuty.EnrolTotp => "This farm wants one-time codes of everybody: 'quern login' sets them up, and so does POST /api/v1/account/totp.",
            _ => $"This needs the right '{needs.Name}', which {principal.Name}'s token does not have.",
        };
    }

    /// <summary>Whether an endpoint that changes something of the estate says what.</summary>
    internal static bool IsWhole(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<DoesAct>() is not null ||
        endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.All(m => HttpMethods.IsGet(m) || HttpMethods.IsHead(m)) == true ||
        (endpoint.Metadata.GetMetadata<NeedsRight>() is { } needs ? !Right.IsOfEstate(needs.Name) : endpoint.Metadata.GetMetadata<OwnAccountOnly>() is null);

    /// <summary>Whether the principal has the right within a group, where that is enough.</summary>
    private async ValueTask<bool> MayWithinAsync(HttpContext context, NeedsRight needs, Principal principal)
    {
        if (needs.AnyGroup) return RightWords.GroupsIn(principal.Rights).Any(group => principal.May(needs.Name, group));
        if (needs.GroupRoute.Length == 0 || context.Request.RouteValues[needs.GroupRoute] is not string group) return false;
        // A name says it at once; an id belongs to a name.
        return principal.May(needs.Name, group) ||
            (Guid.TryParse(group, out _) && await store.FindGroupByIdAsync(group, context.RequestAborted) is { } found && principal.May(needs.Name, found.Name));
    }

    private Task NoteAsync(HttpContext context, RouteEndpoint endpoint, Principal principal) => refusals.NoteAsync(
        principal.Actor with { Address = $"{context.Connection.RemoteIpAddress}", Door = "http" },
        $"{context.Request.Method} {endpoint.RoutePattern.RawText}", "", "denied", context.RequestAborted);

    /// <summary>Null when there is no token, or one that is not good.</summary>
    private async Task<Principal?> WhoAsync(HttpContext context)
    {
        string header = context.Request.Headers.Authorization.ToString();
        const string Scheme = "Bearer ";
        if (header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return await tokens.FindAsync(header[Scheme.Length..].Trim(), context.Connection.RemoteIpAddress, context.RequestAborted);

        // A browser sends its cookie along with whatever a foreign page makes it ask; only reading is done by cookie.
        bool reads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        return reads && header.Length == 0 && context.Request.Cookies.TryGetValue(CookieName, out string? cookie)
            ? await tokens.FindAsync(cookie, context.Connection.RemoteIpAddress, context.RequestAborted)
            : null;
    }

    private static Task RefuseStrangerAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        bool page = !context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal) &&
            context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);
        return page
            ? PageEndpoints.WriteAsync(context, StatusCodes.Status401Unauthorized, LoginPages.Render(context, ""))
            : ApiProblem.Write(context, StatusCodes.Status401Unauthorized, "Not signed in",
                "This needs a token in the header 'Authorization: Bearer TOKEN'; POST /api/v1/login gives one.");
    }
}
