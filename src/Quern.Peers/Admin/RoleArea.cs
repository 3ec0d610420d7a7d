using Quern.Admin.V1;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>Roles. Those that are made here are of the whole farm: the protocol has no word for a role within groups.</summary>
internal sealed class RoleArea(IRoleDesk desk)
{
    public async Task<AdminAnswer> ListAsync(AdminRequest request, CancellationToken cancellationToken)
    {
        var roles = await desk.ListAsync(request.Who, cancellationToken) ?? [];
        return AdminAnswers.Of(new RS_ListRoles
        {
            Role =
            {
                roles.Select(r => new Role { Name = r.Name, Description = r.Description, Permission = { r.Rights }, BuiltIn = r.BuiltIn, Revision = r.Revision }),
            },
        });
    }

    public async Task<AdminAnswer> PutAsync(AdminRequest request, RQ_PutRole asked, CancellationToken cancellationToken)
    {
        var role = asked.Role ?? new Role();
        // The protocol does not say which kind a role is; one that is there keeps its own.
        bool ofGroups = (await desk.ListAsync(request.Who, cancellationToken) ?? []).FirstOrDefault(r => r.Name == role.Name)?.OfGroups ?? false;
        var answer = await desk.PutAsync(request.Who, new RoleFacts(role.Name, role.Description, [.. role.Permission], ofGroups, Revision: role.Revision), cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_PutRole.PutRoleOk,
            EstateCode.Denied => RS_PutRole.PutRoleAccessDenied,
            EstateCode.Outdated or EstateCode.NameTaken => RS_PutRole.PutRoleConflict,
            _ => RS_PutRole.PutRoleInvalid,
        });
    }

    public async Task<AdminAnswer> DeleteAsync(AdminRequest request, RQ_DeleteRole asked, CancellationToken cancellationToken)
    {
        var answer = await desk.RemoveAsync(request.Who, asked.Name, cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_DeleteRole.DeleteRoleOk,
            EstateCode.NotFound => RS_DeleteRole.DeleteRoleNotFound,
            EstateCode.InUse => RS_DeleteRole.DeleteRoleInUse,
            _ => RS_DeleteRole.DeleteRoleAccessDenied,
        });
    }
}
