using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Quern.MasterHost.Access;

using Quern.Model;

namespace Quern.MasterHost.Tests;

public sealed class AccessTests
{
    private static readonly string[] OwnRoutes =
        ["/api/v1/account/", "/api/v1/account/password", "/api/v1/account/step-up", "/api/v1/account/totp", "/api/v1/account/totp/confirm", "/api/v1/account/totp/remove", "/api/v1/logout"];

    private static readonly string[] OpenRoutes = ["/api/v1/login", "/login", "/logout", "/healthz", "/readyz", "/assets/{name}", "/api/v1/banner", "/api/v1/banner/image", "/api/v1/agents/download/{secret}"];

    [Fact]
    public async Task Without_a_token_every_route_that_is_not_open_answers_401_and_with_an_empty_one_403()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var stranger = new HttpClient { BaseAddress = farm.Address };
        using var nobody = await farm.ClientMayAsync();
        var routes = farm.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();

        var open = new List<string>();
        var own = new List<string>();
        foreach (var route in routes)
        {
            string pattern = "/" + route.RoutePattern.RawText!.TrimStart('/');
            if (route.Metadata.GetMetadata<OpenToAll>() is not null)
            {
                open.Add(pattern);
                continue;
            }
            // One of the two, so that no route is open to every account by an oversight.
            if (route.Metadata.GetMetadata<OwnAccountOnly>() is not null) own.Add(pattern);
            else Assert.Contains(route.Metadata.GetMetadata<NeedsRight>()?.Name, Right.Known);
            foreach (string method in route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                string path = Filled(route.RoutePattern);
                Assert.Equal((pattern, HttpStatusCode.Unauthorized), (pattern, await StatusAsync(stranger, method, path)));
                Assert.Equal((pattern, HttpStatusCode.Forbidden), (pattern, await StatusAsync(nobody, method, path)));
            }
        }
        Assert.True(routes.Count > 30, $"only {routes.Count} routes were walked");
        Assert.Equal(OpenRoutes.Order(), open.Distinct().Order());
        Assert.Equal(OwnRoutes.Order(), own.Distinct().Order());
    }

    [Fact]
    public async Task An_endpoint_that_declares_nothing_is_closed_also_to_the_owner()
    {
        await using var farm = await MasterFixture.StartAsync();
        var context = new DefaultHttpContext();
        context.Request.Headers.Authorization = "Bearer " + File.ReadAllText(Path.Combine(farm.Folder, "token")).Trim();
        context.SetEndpoint(new RouteEndpoint(_ => Task.CompletedTask, RoutePatternFactory.Parse("/x"), 0, EndpointMetadataCollection.Empty, "x"));
        bool passed = false;
        Task Pass(HttpContext _)
        {
            passed = true;
            return Task.CompletedTask;
        }

        await new AccessGate(Pass, farm.Get<TokenBook>(), farm.Get<Quern.Storage.FarmStore>(), farm.Get<RefusalBook>(), farm.Get<ProofGate>(), TimeProvider.System).InvokeAsync(context);

        Assert.False(passed);
        Assert.Equal(403, context.Response.StatusCode);
    }

    [Fact]
    public async Task A_cookie_lets_read_but_not_change()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = farm.Address };
        var login = await browser.PostAsync("/login", new FormUrlEncodedContent(new Dictionary<string, string> { ["user"] = "admin", ["password"] = "open sesame" }));
        string cookie = login.Headers.GetValues("Set-Cookie").Single();
        browser.DefaultRequestHeaders.Add("Cookie", cookie.Split(';')[0]);

        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.PostAsJsonAsync("/api/v1/jobs", new JsonObject())).StatusCode);
    }

    [Fact]
    public async Task The_first_password_gives_a_token_and_wrong_ones_are_slowed_down()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = new HttpClient { BaseAddress = farm.Address };

        var good = await client.PostAsJsonAsync("/api/v1/login", new JsonObject { ["user"] = "admin", ["password"] = "open sesame" });
        using var known = farm.Client((await MasterFixture.BodyAsync(good))["token"]!.ToString());
        Assert.Equal(HttpStatusCode.OK, (await known.GetAsync("/api/v1/jobs")).StatusCode);

        for (int i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsJsonAsync("/api/v1/login", new JsonObject { ["user"] = "admin", ["password"] = "x" })).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await client.PostAsJsonAsync("/api/v1/login", new JsonObject { ["user"] = "admin", ["password"] = "x" })).StatusCode);
    }

    [Fact]
    public async Task The_owners_token_is_for_the_owner_alone_and_no_hash_lies_beside_it()
    {
        await using var farm = await MasterFixture.StartAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(farm.Folder, "token")));
        Assert.False(File.Exists(Path.Combine(farm.Folder, "admin-password")));
    }

    private static string Filled(RoutePattern pattern) =>
        "/" + string.Join('/', pattern.PathSegments.Select(s => string.Concat(s.Parts.Select(p => p switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternParameterPart { Name: "port" } => "1",
            RoutePatternParameterPart { Name: "documentName" } => "v1",
            _ => "x",
        }))));

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string method, string path)
    {
        using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode;
    }
}
