using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Web.Pages;

namespace Quern.MasterHost.Api;

/// <summary>Everything that HTTP offers, in one list.</summary>
internal static class HttpApi
{
    /// <summary>Event streams and live logs open at once.</summary>
    private const int MaxStreams = 1000;

    public static IServiceCollection AddHttpApi(this IServiceCollection services)
    {
        services.AddRouting();
        services.AddOpenApi("v1");
        services.AddKeyedSingleton("streams", new StreamSlots(MaxStreams));
        services.AddSingleton<EventFrames>();
        services.AddSingleton<MatcherPolicy, LeafQuestionPolicy>();
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.Configure<JsonOptions>(o =>
        {
            var json = o.SerializerOptions;
            json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.RespectNullableAnnotations = true;
            json.RespectRequiredConstructorParameters = true;
            json.AllowOutOfOrderMetadataProperties = true;
            json.NumberHandling = JsonNumberHandling.Strict;
            json.MaxDepth = 32;
        });
        return services;
    }

    public static void UseHttpApi(this WebApplication app)
    {
        app.UseMiddleware<ErrorPage>();
        app.UseRouting();
        app.UseMiddleware<AccessGate>();

        var api = app.MapGroup("/api/v1");
        JobEndpoints.Map(api);
        BuilderEndpoints.Map(api);
        LogEndpoints.Map(api);
        RecipeEndpoints.Map(api);
        PackageEndpoints.Map(api);
        LeafEndpoints.Map(api);
        SourceEndpoints.Map(api);
        WorkerEndpoints.Map(api);
        AgentEndpoints.Map(api);
        ListenerEndpoints.Map(api);
        EventEndpoints.Map(api);
        AccountEndpoints.Map(api);
        UserEndpoints.Map(api);
        GroupEndpoints.Map(api);
        RoleEndpoints.Map(api);
        TokenEndpoints.Map(api);
        AuditEndpoints.Map(api);
        BannerEndpoints.Map(api);
        AgentBuildEndpoints.Map(api);
        LoginEndpoints.Map(app);
        HealthEndpoints.Map(app);
        PageEndpoints.Map(app);
        BuilderPages.Map(app);
        if (app.Services.GetRequiredService<LeafSettings>().Share) LeafEndpoints.MapShared(app, app.Services.GetRequiredService<LeafAnswers>());
        app.MapOpenApi("/openapi/{documentName}.json").Needs(Right.FarmRead);

        // Last: what no route took.
        app.Use((HttpContext context, RequestDelegate next) => context.GetEndpoint() is null ? MissingAsync(context) : next(context));
    }

    private static Task MissingAsync(HttpContext context) => context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
        ? ApiProblem.Write(context, 404, "Not found", "There is nothing at this address; /openapi/v1.json lists what there is.")
        : PageEndpoints.WriteAsync(context, 404, MissingPage.Render("There is nothing at this address."));
}
