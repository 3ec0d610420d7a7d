using System.Collections.Immutable;

namespace Quern.Packaging.Sources;

/// <summary>How sources are fetched.</summary>
public sealed record SourceFetcherOptions
{
    /// <summary>The program that is started: <c>quern</c> itself.</summary>
    public required string Program { get; init; }

    /// <summary>Its arguments: <see cref="FetchProgram.Verb"/>, preceded by the assembly when the program is <c>dotnet</c>.</summary>
    public ImmutableArray<string> Arguments { get; init; } = [FetchProgram.Verb];

    /// <summary>Where sources lie until they are in the store.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>The private apt's folder.</summary>
    public required string AptFolder { get; init; }

    /// <summary>Debian's suite for <c>deb-src:</c>; the machine's own when nothing else is configured.</summary>
    public required string Suite { get; init; }

    /// <summary>Folders that <c>file:</c> may read from.</summary>
    public ImmutableArray<string> Folders { get; init; } = [];

    /// <summary>Whether http and https may reach private addresses.</summary>
    public bool AllowPrivateAddresses { get; init; }

    public FetchLimits Limits { get; init; } = new();
}
