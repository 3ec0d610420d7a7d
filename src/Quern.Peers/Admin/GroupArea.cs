using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>Groups. They have no passwords here: agents join with keys that are good once.</summary>
internal sealed class GroupArea(IGroupDesk desk)
{
    private static readonly EstateAnswer s_passwords = new(
        EstateCode.InvalidConfig, "Groups have no passwords here; make an enrolment key (RQ_CreateEnrolmentToken) for each agent instead.", "password_mechanism");

    public async Task<AdminAnswer> CreateAsync(AdminRequest request, RQ_CreateGroup asked, CancellationToken cancellationToken)
    {
        if (asked.PasswordMechanism.Count > 0 || HasCredentials(asked.AgentConfig)) return AdminAnswers.Of(s_passwords, RS_CreateGroup.CreateGroupInvalidConfig);
        var answer = await desk.CreateAsync(
            request.Who, new NewGroup(asked.Name, "", asked.Owner, [.. asked.Member]) { AgentConfig = asked.AgentConfig?.ToByteArray() ?? [] }, cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_CreateGroup.CreateGroupOk,
            EstateCode.InvalidName => RS_CreateGroup.CreateGroupInvalidName,
            EstateCode.NameTaken => RS_CreateGroup.CreateGroupNameTaken,
            EstateCode.UnknownUser => RS_CreateGroup.CreateGroupUnknownUser,
            EstateCode.InvalidConfig or EstateCode.InvalidRole => RS_CreateGroup.CreateGroupInvalidConfig,
            _ => RS_CreateGroup.CreateGroupFailedAccessDenied,
        });
    }

    public async Task<AdminAnswer> UpdateAsync(AdminRequest request, RQ_UpdateGroup asked, CancellationToken cancellationToken)
    {
        if (Target(asked.TargetCase == RQ_UpdateGroup.TargetOneofCase.Id ? asked.Id : asked.Name) is not { } group)
            return AdminAnswers.Of(NoTarget, RS_UpdateGroup.UpdateGroupFailedAccessDenied);
        if (asked.AddPasswordMechanism.Count > 0 || asked.RemoveMechanismId.Count > 0 || HasCredentials(asked.AgentConfig))
            return AdminAnswers.Of(s_passwords, RS_UpdateGroup.UpdateGroupInvalidConfig);
        var answer = await desk.UpdateAsync(request.Who, EditOf(asked, group), cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_UpdateGroup.UpdateGroupOk,
            EstateCode.NotFound => RS_UpdateGroup.UpdateGroupNotFound,
            EstateCode.InvalidName => RS_UpdateGroup.UpdateGroupInvalidName,
            EstateCode.NameTaken => RS_UpdateGroup.UpdateGroupNameTaken,
            EstateCode.UnknownUser => RS_UpdateGroup.UpdateGroupUnknownUser,
            EstateCode.InvalidConfig or EstateCode.InvalidRole => RS_UpdateGroup.UpdateGroupInvalidConfig,
            EstateCode.Outdated => RS_UpdateGroup.UpdateGroupConflict,
            _ => RS_UpdateGroup.UpdateGroupFailedAccessDenied,
        });
    }

    public static GroupEdit EditOf(RQ_UpdateGroup asked, string group) => new(group)
    {
        NewName = asked.HasNewName ? asked.NewName : null,
        NewOwner = asked.HasNewOwner ? asked.NewOwner : null,
        AddMembers = [.. asked.AddMember],
        RemoveMembers = [.. asked.RemoveMember],
        AgentConfig = asked.AgentConfig is { } config ? config.ToByteArray() : null,
        ExpectedRevision = asked.ExpectedRevision,
    };

    public async Task<AdminAnswer> DeleteAsync(AdminRequest request, RQ_DeleteGroup asked, CancellationToken cancellationToken)
    {
        if (Target(asked.TargetCase == RQ_DeleteGroup.TargetOneofCase.Id ? asked.Id : asked.Name) is not { } group)
            return AdminAnswers.Of(NoTarget, RS_DeleteGroup.DeleteGroupFailedAccessDenied);
        var answer = await desk.RemoveAsync(request.Who, group, asked.MoveAgentsTo, asked.ExpectedRevision, cancellationToken);
        return AdminAnswers.Of(answer, answer.Code switch
        {
            EstateCode.Done => RS_DeleteGroup.DeleteGroupOk,
            EstateCode.NotFound or EstateCode.UnknownGroup => RS_DeleteGroup.DeleteGroupNotFound,
            EstateCode.NotEmpty => RS_DeleteGroup.DeleteGroupNotEmpty,
            EstateCode.Outdated => RS_DeleteGroup.DeleteGroupConflict,
            _ => RS_DeleteGroup.DeleteGroupFailedAccessDenied,
        });
    }

    public async Task<AdminAnswer> ListAsync(AdminRequest request, RQ_ListGroups asked, CancellationToken cancellationToken)
    {
        var page = await desk.ListAsync(request.Who, asked.NamePrefix, asked.PageToken, Pages.Size(asked.PageSize), cancellationToken);
        var (groups, next) = Pages.Fitting(page, Of, group => group.Name);
        return AdminAnswers.Of(new RS_ListGroups { Group = { groups }, NextPageToken = next });
    }

    /// <summary>What inherited clients send has no target.</summary>
    public static EstateAnswer NoTarget { get; } = EstateAnswer.Denied("What the change is for was not said: give an id or a name.");

    private static string? Target(string text) => text.Length > 0 ? text : null;

    private static bool HasCredentials(AgentConfig? config) => config is { AuthenticationCase: not AgentConfig.AuthenticationOneofCase.None };

    private static GroupConfig Of(GroupFacts group) => new()
    {
        Id = group.Id,
        Name = group.Name,
        Owner = group.Owner,
        Member = { group.Members.Select(m => m.Role == "member" ? m.User : $"{m.User}={m.Role}") },
        AgentConfig = group.AgentConfig.IsEmpty ? null : AgentConfig.Parser.ParseFrom(group.AgentConfig.Span),
        Created = Times.Of(group.CreatedAt),
        Revision = group.Revision,
        AgentCount = (uint)group.Agents,
    };
}
