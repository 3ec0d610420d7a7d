namespace Quern.MasterHost.Api;

/// <param name="Image">Where the picture is, a PNG; null for none.</param>
internal sealed record BannerModel(bool Maintenance, string Version, string Message, string? Image, string? ImageSha256);

/// <summary>What is to be different; members that are left out stay as they are.</summary>
/// <param name="Image">PNG in base 64; empty takes it away.</param>
/// <param name="Drain">End the sessions of those who may not sign in during maintenance, a minute from now.</param>
internal sealed record BannerRequest(string? Message = null, string? Image = null, bool? Maintenance = null, bool Drain = false);
