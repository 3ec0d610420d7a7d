namespace Quern.Protocols.Branch;

/// <summary>What can be wrong with a request for a package file: a real HTTP status, and a word that leaf looks for in the body.</summary>
public enum BranchHttpError
{
    /// <summary>400: no package was named.</summary>
    PackageName,

    /// <summary>404: there is no such package.</summary>
    Package,

    /// <summary>404: the package does not have this <c>real_version</c>.</summary>
    Version,

    /// <summary>500: the farm has lost the file.</summary>
    General,
}
