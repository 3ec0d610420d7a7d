namespace Quern.Web.Views;

/// <summary>A finished package as pages show it.</summary>
/// <param name="Version">The upstream version.</param>
/// <param name="Job">Null for one that was imported: there is no log of it.</param>
public sealed record PackageView(
    string Name, string Version, string RealVersion, string Environment, string Architecture, long Bytes, string Sha256, string? Job, DateTimeOffset Time);
