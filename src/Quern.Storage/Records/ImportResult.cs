namespace Quern.Storage;

/// <summary>What became of an import.</summary>
public enum ImportResult
{
    /// <summary>Published.</summary>
    Added,

    /// <summary>The very same file was published already; nothing changed.</summary>
    Same,

    /// <summary>Another file is published in its place and stays.</summary>
    Other,
}
