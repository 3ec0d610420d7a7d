using System.Collections.Immutable;

namespace Quern.Packaging.Planning;

/// <summary>What a build's template root is made of.</summary>
public abstract record RootSettings
{
    private RootSettings() { }

    /// <summary>Made by <c>mmdebstrap</c> from Debian's archive.</summary>
    /// <param name="Suite">For instance <c>bookworm</c>.</param>
    /// <param name="Packages">Debian packages besides the essential ones.</param>
    public sealed record Debian(string Suite, ImmutableArray<string> Packages) : RootSettings;

    /// <summary>A ready root folder on the master; absolute path.</summary>
    public sealed record Folder(string Path) : RootSettings;
}
