using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>Lists of a request as desks take them.</summary>
internal static class RequestTexts
{
    /// <summary>Empty for null; a null in a list, which JSON lets through, is an empty text, which no desk takes for a name.</summary>
    public static ImmutableArray<string> Texts(this ImmutableArray<string>? list) => list is { IsDefault: false } texts ? [.. texts.Select(t => t ?? "")] : [];
}

/// <param name="Next">To be given as <c>after</c> for the page that follows; null at the end.</param>
internal sealed record UserPage(IReadOnlyList<UserModel> Items, string? Next);

/// <summary>An account.</summary>
/// <param name="Revision">To be named by a change that must not overwrite another one.</param>
internal sealed record UserModel(
    string Id, string Name, string Email, string Phone, ImmutableArray<string> Roles, bool Disabled, bool MustChangePassword, bool Totp, DateTimeOffset? ExpiresAt,
    DateTimeOffset? LockedUntil, DateTimeOffset CreatedAt, DateTimeOffset? LastSignInAt, long Revision)
{
    public static UserModel Of(UserFacts u) => new(
        u.Id, u.Name, u.Email, u.Phone, u.Roles, u.Disabled, u.MustChangePassword, u.TotpEnabled, u.ExpiresAt, u.LockedUntil, u.CreatedAt, u.LastSignInAt, u.Revision);
}

/// <param name="ExpiresAt">Null for never.</param>
internal sealed record NewUserRequest(
    string Name, string Password, string? Email = null, string? Phone = null, DateTimeOffset? ExpiresAt = null, ImmutableArray<string>? Roles = null,
    bool MustChangePassword = true)
{
    /// <summary>Without the password.</summary>
    public override string ToString() => Name;
}

/// <summary>What is to be different; what is left out stays.</summary>
/// <param name="ExpiresAt">A new end date; <c>never_expires</c> takes it away.</param>
/// <param name="Revision">Of when it was read; 0 for whatever it is.</param>
internal sealed record UserChangeRequest(
    string? Email = null, string? Phone = null, DateTimeOffset? ExpiresAt = null, bool NeverExpires = false, bool? Disabled = null, bool? MustChangePassword = null,
    ImmutableArray<string>? AddRoles = null, ImmutableArray<string>? RemoveRoles = null, long Revision = 0);

internal sealed record NewPasswordRequest(string NewPassword)
{
    /// <summary>Without the password.</summary>
    public override string ToString() => "";
}

/// <param name="Next">To be given as <c>after</c> for the page that follows; null at the end.</param>
internal sealed record GroupPage(IReadOnlyList<GroupModel> Items, string? Next);

/// <summary>A group.</summary>
/// <param name="Members">Without the owner.</param>
/// <param name="Agents">How many belong to it.</param>
internal sealed record GroupModel(
    string Id, string Name, string Description, string Owner, IReadOnlyList<MemberModel> Members, int Agents, DateTimeOffset CreatedAt, long Revision)
{
    public static GroupModel Of(GroupFacts g) => new(
        g.Id, g.Name, g.Description, g.Owner, [.. g.Members.Select(m => new MemberModel(m.User, m.Role))], g.Agents, g.CreatedAt, g.Revision);
}

internal sealed record MemberModel(string User, string Role);

/// <param name="Owner">A user; null for who asks.</param>
/// <param name="Members">Users, or <c>NAME=ROLE</c> for another role than <c>member</c>.</param>
internal sealed record NewGroupRequest(string Name, string? Description = null, string? Owner = null, ImmutableArray<string>? Members = null);

/// <summary>What is to be different; what is left out stays.</summary>
/// <param name="AddMembers">Users, or <c>NAME=ROLE</c> for another role than <c>member</c>.</param>
/// <param name="Revision">Of when it was read; 0 for whatever it is.</param>
internal sealed record GroupChangeRequest(
    string? Name = null, string? Description = null, string? Owner = null, ImmutableArray<string>? AddMembers = null, ImmutableArray<string>? RemoveMembers = null,
    long Revision = 0);

internal sealed record RolePage(IReadOnlyList<RoleModel> Items);

/// <summary>A role.</summary>
/// <param name="OfGroups">Given within a group, not over the whole farm.</param>
/// <param name="BuiltIn">Comes with the program.</param>
internal sealed record RoleModel(string Name, string Description, ImmutableArray<string> Rights, bool OfGroups, bool BuiltIn, long Revision)
{
    public static RoleModel Of(RoleFacts r) => new(r.Name, r.Description, r.Rights, r.OfGroups, r.BuiltIn, r.Revision);
}

/// <param name="Revision">0 for a new role, else of when it was read.</param>
internal sealed record RoleRequest(ImmutableArray<string> Rights, string? Description = null, bool OfGroups = false, long Revision = 0);

internal sealed record TokenPage(IReadOnlyList<TokenModel> Items);

/// <summary>An API token or a session.</summary>
/// <param name="Rights">What it may do of all that its account may.</param>
/// <param name="ExpiresAt">When it is over; null for never.</param>
/// <param name="Address">Where a session came from; may be empty.</param>
/// <param name="Product">What was used, as it calls itself; may be empty.</param>
/// <param name="Current">The one that asks.</param>
internal sealed record TokenModel(
    string Id, string Name, string User, ImmutableArray<string> Rights, ImmutableArray<string> Networks, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt, string Address, string Product, bool Current)
{
    public static TokenModel Of(TokenFacts t) => new(
        t.Id, t.Name, t.User, t.Rights, t.Networks, t.CreatedAt, t.ExpiresAt, t.LastUsedAt, t.Address, t.Product, t.Current);
}

/// <param name="Rights">Each of which who asks has, with <c>@GROUP</c> behind it if it is for one group.</param>
/// <param name="Group">Puts all rights within this group; null where they say it themselves.</param>
/// <param name="ExpiresAt">Null for never.</param>
/// <param name="Networks">Where it is good from, as <c>192.0.2.0/24</c>; null for everywhere.</param>
internal sealed record NewTokenRequest(
    string Name, ImmutableArray<string> Rights, string? Group = null, DateTimeOffset? ExpiresAt = null, ImmutableArray<string>? Networks = null);

/// <param name="Token">Shown this once.</param>
internal sealed record NewTokenAnswer(string Id, string Token, DateTimeOffset? ExpiresAt)
{
    /// <summary>Without the token.</summary>
    public override string ToString() => Id;
}

/// <param name="Next">To be given as <c>after</c> for the page that follows; null at the end.</param>
internal sealed record AuditPage(IReadOnlyList<AuditModel> Items, string? Next);

/// <summary>Something that somebody did, or tried.</summary>
/// <param name="Data">Of the event; docs/glossary.md says what each kind carries.</param>
internal sealed record AuditModel(long Sequence, DateTimeOffset Time, string Actor, string Kind, string Subject, string Address, JsonNode? Data)
{
    public static AuditModel Of(AuditEntry e) => new(e.Sequence, e.Time, e.Actor, e.Kind, e.Subject, e.Address, e.Detail.Length == 0 ? null : JsonNode.Parse(e.Detail));
}
