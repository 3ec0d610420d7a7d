using System.Diagnostics;
using Microsoft.AspNetCore.Identity;
using Quern.MasterHost.Access.Accounts;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Estate;

/// <summary>Answers that desks have in common.</summary>
internal static class EstateAnswers
{
    /// <summary>The caller lacks a right. The text is the same whether what was asked for exists or not.</summary>
    public static EstateAnswer Needs(Caller who, string right) =>
        EstateAnswer.Denied($"This needs the right '{right}', which {who.Principal.Name} does not have here.");

    public static EstateAnswer Refused(EstateCode code, string field, string detail) => new(code, detail, field);

    /// <param name="id">Of what was changed.</param>
    /// <param name="unknown">What it is that a change names and the farm does not have.</param>
    public static EstateAnswer Of(AccountChange change, string id, EstateCode unknown)
    {
        string text = change is AccountChange.Saved or AccountChange.Removed ? "" : AccountErrors.Of(change).Description;
        return change switch
        {
            AccountChange.Saved saved => EstateAnswer.Done(id, saved.Revision),
            AccountChange.Removed => EstateAnswer.Done(id),
            AccountChange.NotFound => new EstateAnswer(EstateCode.NotFound, text),
            AccountChange.Outdated => new EstateAnswer(EstateCode.Outdated, text, "revision"),
            AccountChange.NameTaken => new EstateAnswer(EstateCode.NameTaken, text, "name"),
            AccountChange.Unknown => new EstateAnswer(unknown, text),
            AccountChange.LastSuperuser => new EstateAnswer(EstateCode.LastSuperuser, text),
            AccountChange.OwnsResources => new EstateAnswer(EstateCode.OwnsResources, text, "transfer_to"),
            AccountChange.HasAgents => new EstateAnswer(EstateCode.NotEmpty, text, "move_agents_to"),
            AccountChange.NotOneOwner => new EstateAnswer(EstateCode.InvalidState, text, "owner"),
            AccountChange.BuiltIn => new EstateAnswer(EstateCode.BuiltIn, text),
            AccountChange.InUse => new EstateAnswer(EstateCode.InUse, text),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>What the framework's user manager answered; the first of several errors counts.</summary>
    public static EstateAnswer Of(IdentityResult result, Account account)
    {
        if (result.Succeeded) return EstateAnswer.Done(account.Row.Id, account.Row.Revision);
        var error = result.Errors.First();
        var (code, field) = error.Code switch
        {
            AccountErrors.InvalidName => (EstateCode.InvalidName, "name"),
            AccountErrors.InvalidPassword => (EstateCode.InvalidPassword, "password"),
            AccountErrors.InvalidEmail => (EstateCode.InvalidEmail, "email"),
            AccountErrors.InvalidPhone => (EstateCode.InvalidPhone, "phone"),
            AccountErrors.NotFound => (EstateCode.NotFound, ""),
            AccountErrors.Outdated => (EstateCode.Outdated, "revision"),
            AccountErrors.NameTaken => (EstateCode.NameTaken, "name"),
            AccountErrors.Unknown => (EstateCode.InvalidRole, "roles"),
            AccountErrors.LastSuperuser => (EstateCode.LastSuperuser, ""),
            _ => (EstateCode.Failed, ""),
        };
        return new EstateAnswer(code, error.Description, field);
    }
}
