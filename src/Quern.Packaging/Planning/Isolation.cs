namespace Quern.Packaging.Planning;

/// <summary>Where a build script runs on its worker.</summary>
public enum Isolation
{
    /// <summary>In a sandbox over a template root: no host path, no network unless asked for.</summary>
    Sandbox,

    /// <summary>On the worker itself, with what the worker has. For workers that are trusted and thrown away.</summary>
    Host,
}
