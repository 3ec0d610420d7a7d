using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Estate;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>Groups. Who belongs to one is let through to it with the rights of the own role there.</summary>
internal static class GroupEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/groups", ListAsync).NeedsInAnyGroup(Right.GroupList).Produces<GroupPage>().ProducesProblem(400);
        api.MapPost("/groups", CreateAsync).Needs(Right.GroupCreate).Does(EstateActs.GroupCreate).Produces<GroupModel>(201).ProducesProblem(403).ProducesProblem(409).ProducesProblem(422);
        var group = api.MapGroup("/groups/{group}");
        group.MapGet("", async (string group, GroupDesk desk, HttpContext context) => await ShowAsync(group, 200, desk, context))
            .NeedsInGroup(Right.GroupList, "group").Produces<GroupModel>().ProducesProblem(404);
        group.MapPatch("", ChangeAsync).NeedsInGroup(Right.GroupUpdate, "group")
            .Does(EstateActs.GroupUpdate, call => Gravity.Of(EditOf(call.Part("group"), call.Asked<GroupChangeRequest>())))
            .Produces<GroupModel>().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        group.MapDelete("", RemoveAsync).NeedsInGroup(Right.GroupDelete, "group").Does(EstateActs.GroupDelete)
            .Produces(204).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
    }

    private static async Task<IResult> ListAsync(IGroupDesk desk, HttpContext context, string? prefix = null, string? after = null, int limit = 200)
    {
        if (ApiProblem.OfLimit(limit) is { } wrong) return wrong;
        var page = await desk.ListAsync(context.Caller(), prefix ?? "", after ?? "", limit, context.RequestAborted);
        return Results.Json(new GroupPage([.. page.Items.Select(GroupModel.Of)], page.Next.Length == 0 ? null : page.Next), ApiJson.Default.GroupPage);
    }

    private static async Task<IResult> CreateAsync(NewGroupRequest request, GroupDesk desk, HttpContext context)
    {
        var answer = await desk.CreateAsync(
            context.Caller(), new NewGroup(request.Name, request.Description ?? "", request.Owner ?? "", request.Members.Texts()), context.RequestAborted);
        return await answer.ToResultAsync(() => ShowAsync(answer.Id, 201, desk, context));
    }

    private static async Task<IResult> ChangeAsync(string group, GroupChangeRequest request, GroupDesk desk, HttpContext context)
    {
        var answer = await desk.UpdateAsync(context.Caller(), EditOf(group, request), context.RequestAborted);
        return await answer.ToResultAsync(() => ShowAsync(answer.Id, 200, desk, context));
    }

    private static GroupEdit EditOf(string group, GroupChangeRequest request) => new(group)
    {
        NewName = request.Name,
        Description = request.Description,
        NewOwner = request.Owner,
        AddMembers = request.AddMembers.Texts(),
        RemoveMembers = request.RemoveMembers.Texts(),
        ExpectedRevision = request.Revision,
    };

    private static async Task<IResult> RemoveAsync(string group, IGroupDesk desk, HttpContext context, string? move_agents_to = null, long revision = 0) =>
        (await desk.RemoveAsync(context.Caller(), group, move_agents_to ?? "", revision, context.RequestAborted)).ToResult();

    private static async Task<IResult> ShowAsync(string group, int status, GroupDesk desk, HttpContext context)
    {
        if (await desk.FindAsync(context.Caller(), group, context.RequestAborted) is { } found)
            return Results.Json(GroupModel.Of(found), ApiJson.Default.GroupModel, statusCode: status);
        // Done, but by somebody who may not, or no longer, see it.
        return HttpMethods.IsGet(context.Request.Method) ? ApiProblem.NotFound("There is no group of that name or id.") : Results.NoContent();
    }
}
