using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Estate;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>Accounts of others. The own one is at <c>/account</c>.</summary>
internal static class UserEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/users", ListAsync).Needs(Right.UserList).Produces<UserPage>().ProducesProblem(400);
        api.MapPost("/users", CreateAsync).Needs(Right.UserCreate).Does(EstateActs.UserCreate).Produces<UserModel>(201).ProducesProblem(403).ProducesProblem(409).ProducesProblem(422);
        var user = api.MapGroup("/users/{name}");
        user.MapGet("", async (string name, IUserDesk desk, HttpContext context) => await ShowAsync(name, 200, desk, context))
            .Needs(Right.UserList).Produces<UserModel>().ProducesProblem(404);
        user.MapPatch("", ChangeAsync).Needs(Right.UserUpdate)
            .Does(EstateActs.UserUpdate, call => Gravity.Of(EditOf(call.Part("name"), call.Asked<UserChangeRequest>()), call.HttpContext.Caller()))
            .Produces<UserModel>().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        user.MapDelete("", async (string name, IUserDesk desk, HttpContext context, string? transfer_to = null) =>
                (await desk.RemoveAsync(context.Caller(), name, transfer_to ?? "", context.RequestAborted)).ToResult())
            .Needs(Right.UserDelete).Does(EstateActs.UserDelete).Produces(204).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        user.MapPost("/unlock", async (string name, IUserDesk desk, HttpContext context) =>
                (await desk.UpdateAsync(context.Caller(), Unlock(name), context.RequestAborted)).ToResult())
            .Needs(Right.UserUpdate).Does(EstateActs.UserUpdate, call => Gravity.Of(Unlock(call.Part("name")), call.HttpContext.Caller()))
            .Produces(204).ProducesProblem(403).ProducesProblem(404);
        user.MapPost("/password", SetPasswordAsync).Needs(Right.UserUpdate)
            .Does(EstateActs.UserUpdate, call => Gravity.Of(EditOf(call.Part("name"), call.Asked<NewPasswordRequest>()), call.HttpContext.Caller()))
            .Produces(204).ProducesProblem(403).ProducesProblem(404).ProducesProblem(422);
        user.MapPost("/totp/remove", async (string name, IUserDesk desk, HttpContext context) =>
                (await desk.RemoveTotpAsync(context.Caller(), name, "", context.RequestAborted)).ToResult())
            .Needs(Right.UserResetTotp).Does(EstateActs.UserResetTotp, call => Gravity.OfTotp(call.Part("name"), call.HttpContext.Caller()))
            .Produces(204).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<IResult> ListAsync(IUserDesk desk, HttpContext context, string? prefix = null, string? after = null, int limit = 200)
    {
        if (ApiProblem.OfLimit(limit) is { } wrong) return wrong;
        var page = await desk.ListAsync(context.Caller(), prefix ?? "", after ?? "", limit, context.RequestAborted);
        return Results.Json(new UserPage([.. page.Items.Select(UserModel.Of)], page.Next.Length == 0 ? null : page.Next), ApiJson.Default.UserPage);
    }

    private static async Task<IResult> CreateAsync(NewUserRequest request, IUserDesk desk, HttpContext context)
    {
        var answer = await desk.CreateAsync(
            context.Caller(),
            new NewUser(request.Name, request.Password, request.Email ?? "", request.Phone ?? "", request.ExpiresAt, request.Roles.Texts(), request.MustChangePassword),
            context.RequestAborted);
        return await answer.ToResultAsync(() => ShowAsync(request.Name, 201, desk, context));
    }

    private static async Task<IResult> ChangeAsync(string name, UserChangeRequest request, IUserDesk desk, HttpContext context)
    {
        if (request is { NeverExpires: true, ExpiresAt: not null }) return EstateAnswers.Refused(EstateCode.InvalidExpiration, "expires_at", "'expires_at' and 'never_expires' say different things; leave one out.").ToProblem();
        var answer = await desk.UpdateAsync(context.Caller(), EditOf(name, request), context.RequestAborted);
        return await answer.ToResultAsync(() => ShowAsync(name, 200, desk, context));
    }

    private static async Task<IResult> SetPasswordAsync(string name, NewPasswordRequest request, IUserDesk desk, HttpContext context) =>
        (await desk.UpdateAsync(context.Caller(), EditOf(name, request), context.RequestAborted)).ToResult();

    private static UserEdit EditOf(string name, UserChangeRequest request) => new(name)
    {
        Email = request.Email,
        Phone = request.Phone,
        SetsExpiry = request.NeverExpires || request.ExpiresAt is not null,
        ExpiresAt = request.ExpiresAt,
        Disabled = request.Disabled,
        MustChangePassword = request.MustChangePassword,
        AddRoles = request.AddRoles.Texts(),
        RemoveRoles = request.RemoveRoles.Texts(),
        ExpectedRevision = request.Revision,
    };

    private static UserEdit EditOf(string name, NewPasswordRequest request) => new(name) { Password = request.NewPassword };

    private static UserEdit Unlock(string name) => new(name) { Unlock = true };

    /// <summary>The account as it is now. Who may change but not list sees what was changed no more than its name.</summary>
    private static async Task<IResult> ShowAsync(string name, int status, IUserDesk desk, HttpContext context)
    {
        var page = await desk.ListAsync(context.Caller(), name, "", 1, context.RequestAborted);
        if (page.Items is [var found] && found.Name == name) return Results.Json(UserModel.Of(found), ApiJson.Default.UserModel, statusCode: status);
        return HttpMethods.IsGet(context.Request.Method)
            ? ApiProblem.NotFound("There is no user of that name.")
            : Results.Json(UserModel.Of(new UserFacts("", name)), ApiJson.Default.UserModel, statusCode: status);
    }
}
