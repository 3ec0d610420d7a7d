namespace Quern.Storage;

/// <summary>One account in a group.</summary>
/// <param name="Account">The account's name.</param>
/// <param name="Role">The name of a role of scope <see cref="RoleScope.Group"/>.</param>
public sealed record GroupMember(string Account, string Role);
