using System.Collections.Immutable;
using Quern.Archives;

namespace Quern.Packaging.PackageFiles;

/// <summary>The verdict on a package file that came from outside.</summary>
public abstract record PackageCheck
{
    private PackageCheck() { }

    /// <summary>It may be stored and installed.</summary>
    /// <param name="Members">What it installs, in the order of the archive.</param>
    public sealed record Valid(ImmutableArray<PackageMember> Members) : PackageCheck
    {
        /// <summary>What it says of itself; null when it was compared with a recipe, which says the same.</summary>
        public LeafFile? Leaf { get; init; }
    }

    /// <param name="Reason">What is wrong with which member, in one sentence.</param>
    public sealed record Invalid(string Reason) : PackageCheck;
}
