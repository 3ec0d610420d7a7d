using System.Collections.Immutable;

namespace Quern.Packaging.PackageFiles;

/// <summary>The verdict on a package file that a worker sent.</summary>
public abstract record PackageCheck
{
    private PackageCheck() { }

    /// <summary>It may be stored and installed.</summary>
    /// <param name="Members">What it installs, in the order of the archive.</param>
    public sealed record Valid(ImmutableArray<PackageMember> Members) : PackageCheck;

    /// <param name="Reason">What is wrong with which member, in one sentence.</param>
    public sealed record Invalid(string Reason) : PackageCheck;
}
