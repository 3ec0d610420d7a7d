using System.Collections.Immutable;

namespace Quern.Packaging.Sources;

/// <summary>What the fetcher process is asked for; JSON on its standard input.</summary>
/// <remarks>Properties with a default have setters: generated JSON code would reset an init-only one that the text leaves out.</remarks>
public sealed record FetchRequest
{
    /// <summary>The source as the recipe has it.</summary>
    public required string Source { get; init; }

    /// <summary>Where the bytes go: a file in a folder of the farm's, which must not exist.</summary>
    public required string Target { get; init; }

    /// <summary>64 hexadecimal digits that the bytes must have; null takes what comes.</summary>
    public string? Sha256 { get; init; }

    /// <summary>For <c>deb-src:</c>: the recipe's version, which the archive's upstream version must be; null takes any.</summary>
    public string? Version { get; init; }

    public FetchLimits Limits { get; set; } = new();

    /// <summary>Folders that <c>file:</c> may read from; none by default.</summary>
    public ImmutableArray<string> Folders { get; set; } = [];

    /// <summary>Whether http and https may reach private addresses.</summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>The folder of the private apt configuration; made when missing.</summary>
    public string AptFolder { get; set; } = "";

    /// <summary>Debian's suite for <c>deb-src:</c>, for instance <c>bookworm</c>.</summary>
    public string Suite { get; set; } = "";
}
