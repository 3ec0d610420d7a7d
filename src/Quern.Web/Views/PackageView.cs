namespace Quern.Web.Views;

/// <summary>A finished package as pages show it.</summary>
public sealed record PackageView(
    string Name, string Version, string Environment, string Architecture, long Bytes, string Sha256, string Job, DateTimeOffset Time);
