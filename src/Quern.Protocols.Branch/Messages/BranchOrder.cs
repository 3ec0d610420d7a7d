using Quern.Protocols.Branch.Recipes;

namespace Quern.Protocols.Branch;

/// <summary>What the master sends a bot unasked.</summary>
public abstract record BranchOrder
{
    private BranchOrder() { }

    /// <summary>Build this; it carries no id of the job.</summary>
    public sealed record Build(BranchPackageBuild Package, BranchBuildType Type) : BranchOrder;

    /// <summary>Build something that makes no recipe. Only read: there is no such order to send.</summary>
    /// <param name="Problem">What is wrong with it, in one sentence.</param>
    public sealed record Unusable(string Problem) : BranchOrder;

    /// <summary>Answer with a PONG.</summary>
    public sealed record Ping : BranchOrder;
}
