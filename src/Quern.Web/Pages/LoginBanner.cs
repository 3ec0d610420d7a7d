namespace Quern.Web.Pages;

/// <summary>What everybody is shown before signing in.</summary>
/// <param name="Image">Where the picture is; empty for none.</param>
public sealed record LoginBanner(bool Maintenance, string Message, string Image);
