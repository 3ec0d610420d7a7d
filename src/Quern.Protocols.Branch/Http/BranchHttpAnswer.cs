using System.Collections.Immutable;
using Quern.Protocols.Branch.Packages;

namespace Quern.Protocols.Branch;

/// <summary>What the HTTP API says to a request, except a package file, whose bytes are no business of a codec.</summary>
public abstract record BranchHttpAnswer
{
    private BranchHttpAnswer() { }

    /// <summary>One of the texts of <see cref="BranchHttpTexts"/>.</summary>
    /// <param name="Argument">What stands in the text's gap; empty when it has none.</param>
    public sealed record Said(BranchHttpReply Code, string Argument = "") : BranchHttpAnswer;

    /// <summary>SUCCESS with a text that is no fixed one: a key, a recipe.</summary>
    public sealed record Text(string Payload) : BranchHttpAnswer;

    /// <summary>SUCCESS with what the same question over the socket is answered with; lists of jobs have other keys here.</summary>
    public sealed record Data(BranchAnswer Answer) : BranchHttpAnswer;

    /// <summary>SUCCESS with the list of packages.</summary>
    public sealed record Packages(ImmutableArray<LeafPackage> Items) : BranchHttpAnswer
    {
        public bool Equals(Packages? other) => other is not null && Items.SequenceEqual(other.Items);

        public override int GetHashCode() => Items.Length;
    }

    /// <summary>The list of packages as leaf read it until 2023-01: one line each.</summary>
    public sealed record PackageLines(ImmutableArray<LeafPackage> Items) : BranchHttpAnswer
    {
        public bool Equals(PackageLines? other) => other is not null && Items.SequenceEqual(other.Items);

        public override int GetHashCode() => Items.Length;
    }

    /// <summary>The versions of a package, one line each.</summary>
    public sealed record Versions(ImmutableArray<LeafVersion> Items) : BranchHttpAnswer
    {
        public bool Equals(Versions? other) => other is not null && Items.SequenceEqual(other.Items);

        public override int GetHashCode() => Items.Length;
    }

    /// <summary>A package file that cannot be had.</summary>
    public sealed record Error(BranchHttpError Kind) : BranchHttpAnswer;

    /// <summary>What stands at the address without any question.</summary>
    public sealed record Front : BranchHttpAnswer;
}
