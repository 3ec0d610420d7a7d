using Quern.Model;

namespace Quern.Cli.Import.Branch;

/// <summary>One package file of the old master.</summary>
/// <param name="Md5">What the old master published as its hash, in lower-case digits; null when it wrote none down.</param>
internal sealed record OldPackage(PackageName Name, string RealVersion, string Version, string? Md5, string Path)
{
    public string Title => $"{Name} {Version}-{RealVersion}";
}
