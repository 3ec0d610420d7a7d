using Microsoft.AspNetCore.Identity;
using Quern.Storage;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>Why a change of accounts, groups or roles was refused, in words for people. The codes are stable.</summary>
internal static class AccountErrors
{
    public const string InvalidName = "invalid-name";
    public const string InvalidPassword = "invalid-password";
    public const string InvalidEmail = "invalid-email";
    public const string InvalidPhone = "invalid-phone";
    public const string NotFound = "not-found";
    public const string Outdated = "outdated";
    public const string NameTaken = "name-taken";
    public const string Unknown = "unknown";
    public const string LastSuperuser = "last-superuser";
    public const string OwnsResources = "owns-resources";
    public const string HasAgents = "has-agents";
    public const string NotOneOwner = "not-one-owner";
    public const string BuiltIn = "built-in";
    public const string InUse = "in-use";

    public static IdentityError Of(AccountChange change) => change switch
    {
        AccountChange.NotFound => Error(NotFound, "There is nothing of that name any more."),
        AccountChange.Outdated o => Error(Outdated, $"Somebody else changed it meanwhile: it is at revision {o.Revision}. Read it again and repeat the change."),
        AccountChange.NameTaken => Error(NameTaken, "That name is taken."),
        AccountChange.Unknown u => Error(Unknown, $"There is no '{u.Name}', or it cannot be used here."),
        AccountChange.LastSuperuser => Error(LastSuperuser, "This is the last enabled superuser without an end date. Make another account superuser first."),
        AccountChange.OwnsResources o => Error(OwnsResources, $"The account owns {string.Join(", ", o.What)}. Say which account takes over."),
        AccountChange.HasAgents h => Error(HasAgents, $"The group has {h.Agents} agent{(h.Agents == 1 ? "" : "s")}, revoked ones among them. Forget them or say which group takes them."),
        AccountChange.NotOneOwner => Error(NotOneOwner, "A group has exactly one owner."),
        AccountChange.BuiltIn => Error(BuiltIn, "The role comes with the program and cannot be changed or removed."),
        AccountChange.InUse u => Error(InUse, $"{u.Accounts} accounts have this role. Take it from them first."),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static IdentityError Error(string code, string text) => new() { Code = code, Description = text };
}
