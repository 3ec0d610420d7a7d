using System.Collections.Immutable;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Protocols.Branch;

/// <summary>What the master says to a request, the same for both dialects.</summary>
public abstract record BranchAnswer
{
    private BranchAnswer() { }

    /// <summary>One of the texts of <see cref="BranchTexts"/>.</summary>
    /// <param name="Argument">What stands in the text's gap; empty when it has none.</param>
    public sealed record Reply(BranchReply Code, string Argument = "") : BranchAnswer;

    /// <summary>V2: a login that succeeded.</summary>
    public sealed record LoggedOn(string Message) : BranchAnswer;

    public sealed record PackageBuild(BranchPackageBuild Build) : BranchAnswer;

    /// <summary>Lines of a log, or names.</summary>
    public sealed record Texts(ImmutableArray<string> Items) : BranchAnswer
    {
        public bool Equals(Texts? other) => other is not null && Items.SequenceEqual(other.Items);

        public override int GetHashCode() => Items.Length;
    }

    /// <summary>V1a: dependers as one text.</summary>
    public sealed record Tree(string Text) : BranchAnswer;

    public sealed record Dependers(ImmutableArray<string> Release, ImmutableArray<string> Cross) : BranchAnswer
    {
        public bool Equals(Dependers? other) => other is not null && Release.SequenceEqual(other.Release) && Cross.SequenceEqual(other.Cross);

        public override int GetHashCode() => HashCode.Combine(Release.Length, Cross.Length);
    }

    /// <summary>V1: one list of jobs.</summary>
    public sealed record Jobs(ImmutableArray<BranchJob> Items) : BranchAnswer
    {
        public bool Equals(Jobs? other) => other is not null && Items.SequenceEqual(other.Items);

        public override int GetHashCode() => Items.Length;
    }

    /// <summary>V2: all three lists of jobs.</summary>
    public sealed record JobLists(ImmutableArray<BranchJob> Queued, ImmutableArray<BranchJob> Running, ImmutableArray<BranchJob> Completed) : BranchAnswer
    {
        public bool Equals(JobLists? other) =>
            other is not null && Queued.SequenceEqual(other.Queued) && Running.SequenceEqual(other.Running) && Completed.SequenceEqual(other.Completed);

        public override int GetHashCode() => HashCode.Combine(Queued.Length, Running.Length, Completed.Length);
    }

    public sealed record Clients(ImmutableArray<string> Controllers, ImmutableArray<string> Bots) : BranchAnswer
    {
        public bool Equals(Clients? other) => other is not null && Controllers.SequenceEqual(other.Controllers) && Bots.SequenceEqual(other.Bots);

        public override int GetHashCode() => HashCode.Combine(Controllers.Length, Bots.Length);
    }

    public sealed record ClientInfo(ImmutableArray<BranchFact> Facts) : BranchAnswer
    {
        public bool Equals(ClientInfo? other) => other is not null && Facts.SequenceEqual(other.Facts);

        public override int GetHashCode() => Facts.Length;
    }

    public sealed record ExtraSources(ImmutableArray<BranchExtraSource> Items) : BranchAnswer
    {
        public bool Equals(ExtraSources? other) => other is not null && Items.SequenceEqual(other.Items);

        public override int GetHashCode() => Items.Length;
    }

    public sealed record ExtraSourceInfo(string FileName, long Length) : BranchAnswer;

    public sealed record Deployment(BranchDeployment Configuration) : BranchAnswer;

    /// <summary>V2.1: files that other packages have; a refusal.</summary>
    public sealed record Conflicts(ImmutableArray<BranchConflict> Items) : BranchAnswer
    {
        public bool Equals(Conflicts? other) => other is not null && Items.SequenceEqual(other.Items);

        public override int GetHashCode() => Items.Length;
    }
}
