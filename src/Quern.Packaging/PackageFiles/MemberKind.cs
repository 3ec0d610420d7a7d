namespace Quern.Packaging.PackageFiles;

/// <summary>What a package may hold.</summary>
public enum MemberKind
{
    File,
    Folder,
    Link,
}
