namespace Quern.Peers.Branch;

/// <summary>What came of a login over HTTP.</summary>
public abstract record BranchWebLogin
{
    private BranchWebLogin() { }

    /// <param name="Key">To be shown with every request that needs one.</param>
    public sealed record Welcome(string Key) : BranchWebLogin;

    public sealed record UnknownUser : BranchWebLogin;

    public sealed record Wrong : BranchWebLogin;

    /// <summary>Too many attempts failed or wait.</summary>
    public sealed record TooMany : BranchWebLogin;
}
