using Quern.Model;

namespace Quern.Packaging.PackageFiles;

/// <summary>One thing that a package installs.</summary>
/// <param name="Path">Where, from the root: <c>/usr/lib/libz.so</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Bytes">A file's length; 0 otherwise.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Sha256">A file's content; null otherwise.</param>
/// <param name="Target">Where a link points, as written; null otherwise.</param>
public sealed record PackageMember(string Path, MemberKind Kind, long Bytes, int Mode, Sha256Hash? Sha256, string? Target);
