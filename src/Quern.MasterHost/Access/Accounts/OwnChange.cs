using System.Collections.Immutable;
using Microsoft.AspNetCore.Identity;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>What came of a change of the own account.</summary>
internal abstract record OwnChange
{
    private OwnChange() { }

    /// <param name="Secrets">To be shown once; empty where nothing was made.</param>
    public sealed record Done(ImmutableArray<string> Secrets) : OwnChange;

    public sealed record WrongPassword : OwnChange;

    public sealed record TooMany(TimeSpan RetryAfter) : OwnChange;

    public sealed record Refused(ImmutableArray<IdentityError> Errors) : OwnChange;
}
