using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;

using Quern.Model;

namespace Quern.MasterHost.Api;

/// <summary>Help for people who cannot get in.</summary>
internal static class UserEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var user = api.MapGroup("/users/{name}");
        user.MapPost("/unlock", async (string name, UserDesk desk, HttpContext context) =>
                Answer(await desk.UnlockAsync(context.Principal(), name, context.RequestAborted)))
            .Needs(Right.UserUpdate).Produces(204).ProducesProblem(404);
        user.MapPost("/password", SetPasswordAsync)
            .Needs(Right.UserUpdate).Produces(204).ProducesProblem(404).ProducesProblem(422);
        user.MapPost("/totp/remove", async (string name, UserDesk desk, HttpContext context) => Answer(await desk.RemoveTotpAsync(context.Principal(), name)))
            .Needs(Right.UserResetTotp).Produces(204).ProducesProblem(404);
    }

    private static async Task<IResult> SetPasswordAsync(string name, NewPasswordRequest request, UserDesk desk, HttpContext context) =>
        LoginEndpoints.IsTooLong(request.NewPassword)
            ? LoginEndpoints.TooLong()
            : Answer(await desk.SetPasswordAsync(context.Principal(), name, request.NewPassword));

    private static IResult Answer(UserChange change) => change switch
    {
        UserChange.Done => Results.NoContent(),
        UserChange.NotFound => ApiProblem.NotFound("There is no user of that name."),
        UserChange.Forbidden forbidden => ApiProblem.Forbidden(forbidden.Why),
        UserChange.Refused refused => ApiProblem.Refused(refused.Why),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
