namespace Quern.Pipelines;

/// <summary>What a step of a builder brings to the worker.</summary>
public abstract record DownloadSource
{
    private DownloadSource() { }

    /// <summary>A file of the master, absolute, below a folder that the configuration allows.</summary>
    public sealed record File(Template Path) : DownloadSource;

    public sealed record Text(Template Content) : DownloadSource;

    /// <summary>A secret by its name.</summary>
    public sealed record Secret(string Name) : DownloadSource;
}
