using System.Collections.Immutable;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>Users.</summary>
internal sealed class UserArea(IUserDesk desk)
{
    public async Task<AdminAnswer> CreateAsync(AdminRequest request, RQ_CreateUser asked, CancellationToken cancellationToken)
    {
        // What is no time at all is as wrong as one that is past.
        if (!Times.TryRead(asked.Expiration, out var expiresAt)) return AdminAnswers.Of(Times.Wrong, RS_CreateUser.CreateUserInvalidExpiration);
        var answer = await desk.CreateAsync(
            request.Who, new NewUser(asked.Username, asked.Password, asked.Email, asked.Phone, expiresAt, [.. asked.Role], asked.MustChangePassword), cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_CreateUser.CreateUserOk,
            EstateCode.InvalidName => RS_CreateUser.CreateUserInvalidUsername,
            EstateCode.InvalidPassword => RS_CreateUser.CreateUserInvalidPassword,
            EstateCode.InvalidEmail => RS_CreateUser.CreateUserInvalidEmail,
            EstateCode.InvalidPhone => RS_CreateUser.CreateUserInvalidPhone,
            EstateCode.NameTaken => RS_CreateUser.CreateUserUsernameTaken,
            EstateCode.InvalidExpiration => RS_CreateUser.CreateUserInvalidExpiration,
            EstateCode.InvalidRole => RS_CreateUser.CreateUserInvalidRole,
            _ => RS_CreateUser.CreateUserAccessDenied,
        }, Field);
    }

    public async Task<AdminAnswer> UpdateAsync(AdminRequest request, RQ_UpdateUser asked, CancellationToken cancellationToken)
    {
        // Inherited clients had no field for whom they mean. Whoever must change a password first does so with the own.
        if (asked.Username.Length == 0 || (request.State is AdminState.Restricted && asked.Username != request.UserName))
            return AdminAnswers.Of(RS_UpdateUser.UpdateUserAccessDenied, AdminAnswers.Detail("Whom the change is for was not said, or it is somebody else."));
        if (!Times.TryRead(asked.Expiration, out var expiresAt)) return AdminAnswers.Of(Times.Wrong, RS_UpdateUser.UpdateUserInvalidExpiration);
        var answer = await desk.UpdateAsync(request.Who, EditOf(asked, expiresAt), cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_UpdateUser.UpdateUserOk,
            EstateCode.NotFound => RS_UpdateUser.UpdateUserNotFound,
            EstateCode.InvalidPassword => RS_UpdateUser.UpdateUserInvalidPassword,
            EstateCode.InvalidEmail => RS_UpdateUser.UpdateUserInvalidEmail,
            EstateCode.InvalidPhone => RS_UpdateUser.UpdateUserInvalidPhone,
            EstateCode.InvalidExpiration => RS_UpdateUser.UpdateUserInvalidExpiration,
            EstateCode.InvalidRole => RS_UpdateUser.UpdateUserInvalidRole,
            EstateCode.LastSuperuser => RS_UpdateUser.UpdateUserLastAdmin,
            EstateCode.Outdated => RS_UpdateUser.UpdateUserConflict,
            _ => RS_UpdateUser.UpdateUserAccessDenied,
        }, Field) with
        { Then = answer.Succeeded && MayEndSessions(asked) ? new AdminEffect.SessionsEnded() : null };
    }

    /// <param name="expiresAt">The end date, as it was read.</param>
    public static UserEdit EditOf(RQ_UpdateUser asked, DateTimeOffset? expiresAt) => new(asked.Username)
    {
        Password = asked.HasPassword ? asked.Password : null,
        CurrentPassword = asked.CurrentPassword,
        Email = asked.HasEmail ? asked.Email : null,
        Phone = asked.HasPhone ? asked.Phone : null,
        SetsExpiry = asked.HasExpiration,
        ExpiresAt = expiresAt,
        Disabled = asked.HasDisabled ? asked.Disabled : null,
        MustChangePassword = asked.HasMustChangePassword ? asked.MustChangePassword : null,
        AddRoles = [.. asked.AddRole],
        RemoveRoles = [.. asked.RemoveRole],
        Unlock = asked.Unlock,
        ExpectedRevision = asked.ExpectedRevision,
    };

    /// <summary>Whether anybody may be shut out by it. Looking that up is a read for every connection, which a new e-mail address is not worth.</summary>
    private static bool MayEndSessions(RQ_UpdateUser asked) => asked.HasPassword || asked.HasDisabled || asked.HasExpiration || asked.RemoveRole.Count > 0;

    public async Task<AdminAnswer> DeleteAsync(AdminRequest request, RQ_DeleteUser asked, CancellationToken cancellationToken)
    {
        var answer = await desk.RemoveAsync(request.Who, asked.Username, asked.TransferTo, cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_DeleteUser.DeleteUserOk,
            EstateCode.NotFound => RS_DeleteUser.DeleteUserNotFound,
            EstateCode.LastSuperuser => RS_DeleteUser.DeleteUserLastAdmin,
            EstateCode.OwnsResources => RS_DeleteUser.DeleteUserOwnsResources,
            _ => RS_DeleteUser.DeleteUserAccessDenied,
        }, Field) with
        { Then = answer.Succeeded ? new AdminEffect.SessionsEnded() : null };
    }

    public async Task<AdminAnswer> ListAsync(AdminRequest request, RQ_ListUsers asked, CancellationToken cancellationToken)
    {
        var page = await desk.ListAsync(request.Who, asked.NamePrefix, asked.PageToken, Pages.Size(asked.PageSize), cancellationToken);
        var (users, next) = Pages.Fitting(page, Of, user => user.Name);
        return AdminAnswers.Of(new RS_ListUsers { User = { users }, NextPageToken = next });
    }

    public async Task<AdminAnswer> DisableTotpAsync(AdminRequest request, RQ_DisableTotp asked, CancellationToken cancellationToken)
    {
        var answer = await desk.RemoveTotpAsync(request.Who, asked.Username, asked.Password, cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_DisableTotp.DisableTotpOk,
            EstateCode.InvalidState => RS_DisableTotp.DisableTotpNotEnrolled,
            _ => RS_DisableTotp.DisableTotpAccessDenied,
        }, Field);
    }

    /// <summary>Accounts have no numbers here, and nothing secret leaves.</summary>
    private static UserConfig Of(UserFacts user) => new()
    {
        Username = user.Name,
        Email = user.Email,
        Phone = user.Phone,
        Expiration = Times.Of(user.ExpiresAt),
        Disabled = user.Disabled,
        MustChangePassword = user.MustChangePassword,
        TotpEnrolled = user.TotpEnabled,
        Role = { user.Roles },
        Created = Times.Of(user.CreatedAt),
        LastLogin = Times.Of(user.LastSignInAt),
        LockedUntil = Times.Of(user.LockedUntil),
        Revision = user.Revision,
    };

    private static string Field(string field) => field switch
    {
        "name" or "user" => "username",
        "expires_at" => "expiration",
        "roles" => "role",
        _ => field,
    };
}
