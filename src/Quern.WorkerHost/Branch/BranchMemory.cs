namespace Quern.WorkerHost;

/// <summary>What a bot has learned about its master and keeps from one connection to the next.</summary>
internal sealed class BranchMemory
{
    /// <summary>What to try first at the next login.</summary>
    public BranchRevision First { get; private set; } = BranchRevision.V21;

    /// <summary>A master that went away without a word about the login may know the old words alone, or the young ones.</summary>
    public void NothingSaid() => First = First == BranchRevision.V1b ? BranchRevision.V21 : BranchRevision.V1b;

    public void Spoke(BranchRevision revision) => First = revision;
}
