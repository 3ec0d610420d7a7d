namespace Quern.MasterHost.Access.Accounts;

/// <summary>What came of a change of somebody's account by an administrator.</summary>
internal abstract record UserChange
{
    private UserChange() { }

    public sealed record Done : UserChange;

    public sealed record NotFound : UserChange;

    public sealed record Forbidden(string Why) : UserChange;

    public sealed record Refused(string Why) : UserChange;
}
