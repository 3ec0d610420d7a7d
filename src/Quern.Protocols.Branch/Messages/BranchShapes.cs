using System.Collections.Immutable;

namespace Quern.Protocols.Branch;

/// <summary>A job in one of the lists.</summary>
/// <param name="Id">A UUID.</param>
/// <param name="Status">One of the protocol's words.</param>
/// <param name="Name">Of the package.</param>
/// <param name="Requester">Name of the client that asked for it.</param>
public sealed record BranchJob(string Id, string Status, string Name, string Requester);

/// <summary>A file that recipes name by id.</summary>
public sealed record BranchExtraSource(string Id, string FileName, string Description);

/// <summary>A file of a package that another package has already.</summary>
public sealed record BranchConflict(string Owner, string Path);

/// <summary>One thing known about a client.</summary>
/// <param name="Value">The text, or the JSON text of a number or of <c>true</c>, <c>false</c>, <c>null</c>.</param>
/// <param name="IsText">Whether it is a text.</param>
public readonly record struct BranchFact(string Name, string Value, bool IsText)
{
    public const string ConnectionTimestamp = "Connection timestamp";
    public const string TimedOutCommands = "Timed out commands [recovered]";
    public const string PerformanceRating = "Performance Rating";
}

/// <summary>What a bot must know to make its build roots.</summary>
/// <param name="PackageListUrl">Where the package manager finds packages.</param>
public sealed record BranchDeployment(bool RealRoot, bool CrossRoot, ImmutableArray<string> RealRootPackages, string PackageListUrl)
{
    public bool Equals(BranchDeployment? other) =>
        other is not null && RealRoot == other.RealRoot && CrossRoot == other.CrossRoot && PackageListUrl == other.PackageListUrl &&
        RealRootPackages.SequenceEqual(other.RealRootPackages);

    public override int GetHashCode() => HashCode.Combine(RealRoot, CrossRoot, PackageListUrl);
}
