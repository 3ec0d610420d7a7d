using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Quern.Peers.Estate;
using Quern.Web.Pages;

namespace Quern.MasterHost.Api;

/// <summary>The page for signing in, with the farm's banner on it.</summary>
internal static class LoginPages
{
    public static string Render(HttpContext context, string problem, bool askCode = false, bool askNewPassword = false) =>
        LoginPage.Render(problem, askCode, askNewPassword, context.RequestServices?.GetService<IBannerDesk>()?.Current is { } banner
            ? new LoginBanner(banner.Maintenance, banner.Message, banner.Image.IsEmpty ? "" : BannerEndpoints.ImagePath)
            : null);
}
