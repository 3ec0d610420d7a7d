using Quern.Protocols.Branch;

namespace Quern.Peers.Branch;

/// <summary>What a request over HTTP is answered with.</summary>
public abstract record BranchWebAnswer
{
    private BranchWebAnswer() { }

    /// <param name="ETag">Without quotes; empty for an answer that is not worth keeping.</param>
    public sealed record Message(BranchHttpMessage Http, string ETag = "") : BranchWebAnswer;

    /// <summary>The bytes of a package file.</summary>
    public sealed record File(LeafEntry Package) : BranchWebAnswer;
}
