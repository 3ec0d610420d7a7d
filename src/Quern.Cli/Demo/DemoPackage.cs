using Quern.Model;

namespace Quern.Cli.Demo;

/// <summary>One package of the demo, from submission to the last line of the table.</summary>
internal sealed record DemoPackage(Recipe Recipe, int Revision)
{
    /// <summary>Its job in this run; null when it was built before.</summary>
    public JobId? Job { get; init; }

    /// <summary>What the store says at the end.</summary>
    public string Outcome { get; init; } = "";

    public string Reason { get; init; } = "";

    public TimeSpan Duration { get; init; }

    /// <summary>Read from the stored file, not from what the job reported; null without a package.</summary>
    public ProducedArtifact? Stored { get; init; }

    /// <summary>The package file under its own name; empty without one.</summary>
    public string ArtifactPath { get; init; } = "";

    /// <summary>The job's log as text.</summary>
    public string LogPath { get; init; } = "";
}
