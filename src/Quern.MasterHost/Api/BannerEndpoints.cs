using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>What everybody is shown before signing in.</summary>
internal static class BannerEndpoints
{
    public const string ImagePath = "/api/v1/banner/image";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/banner", (IBannerDesk desk) => Results.Json(ModelOf(desk.Current), ApiJson.Default.BannerModel)).Open().Produces<BannerModel>();
        api.MapGet("/banner/image", Image).Open().Produces(200, contentType: "image/png").ProducesProblem(404);
        // Maintenance asks for its own right behind this one.
        api.MapPut("/banner", UpdateAsync).Needs(Right.ServerBanner).Does(EstateActs.Banner, call => Gravity.Of(EditOf(call.Asked<BannerRequest>(), default)))
            .Produces<BannerModel>().ProducesProblem(403).ProducesProblem(422);
    }

    private static IResult Image(IBannerDesk desk, HttpContext context)
    {
        if (desk.Current is not { Image.IsEmpty: false } banner) return ApiProblem.NotFound("There is no picture.");
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-cache";
        return Results.Bytes(banner.Image, "image/png", entityTag: new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{Convert.ToHexStringLower(banner.ImageSha256.Span)}\""));
    }

    private static async Task<IResult> UpdateAsync(BannerRequest request, IBannerDesk desk, HttpContext context)
    {
        byte[]? image = null;
        if (request.Image is { } text)
        {
            image = new byte[text.Length];
            if (!Convert.TryFromBase64String(text, image, out int length)) return new EstateAnswer(EstateCode.InvalidImage, "'image' is a PNG in base 64, or empty for none.", "image").ToProblem();
            image = image[..length];
        }
        var answer = await desk.UpdateAsync(context.Caller(), EditOf(request, image), context.RequestAborted);
        return answer.ToResult(() => Results.Json(ModelOf(desk.Current), ApiJson.Default.BannerModel));
    }

    /// <param name="image">Decoded; null for one that stays.</param>
    private static BannerEdit EditOf(BannerRequest request, byte[]? image) => new()
    {
        Message = request.Message,
        Image = image is null ? null : (ReadOnlyMemory<byte>)image,
        Maintenance = request.Maintenance,
        Drain = request.Drain,
    };

    private static BannerModel ModelOf(Banner banner) => new(
        banner.Maintenance, banner.Version, banner.Message,
        banner.Image.IsEmpty ? null : ImagePath, banner.Image.IsEmpty ? null : Convert.ToHexStringLower(banner.ImageSha256.Span));
}
