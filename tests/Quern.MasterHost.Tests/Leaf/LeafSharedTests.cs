using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Protocols.Branch;

namespace Quern.MasterHost.Tests.Leaf;

/// <summary>Branch's HTTP API on the port of API and pages.</summary>
public sealed class LeafSharedTests
{
    private static readonly LeafSettings Shared = new() { Share = true, AnonymousReads = true };

    [Fact]
    public async Task The_console_stays_where_it_is_and_questions_go_to_the_repository()
    {
        await using var farm = await LeafFarm.StartAsync(Shared, listen: false);
        await farm.PublishAsync(LeafFarm.Recipe("zlib"), "a package"u8.ToArray());
        var peer = new LeafPeer(farm.Master.Http);
        string token = "Authorization: Bearer " + (await File.ReadAllTextAsync(Path.Combine(farm.Folder, "token"))).Trim();

        Assert.Equal(401, (await peer.GetAsync("/")).Status);
        Assert.Equal(401, (await peer.GetAsync("/?gets=packagelist")).Status);
        Assert.Equal(401, (await peer.GetAsync("/?x=1&get=packagelist")).Status);
        Assert.Contains("<html", (await peer.GetAsync("/", token)).Text, StringComparison.Ordinal);
        Assert.Contains("<html", (await peer.GetAsync("/?x=1", token)).Text, StringComparison.Ordinal);
        Assert.Single((await peer.GetAsync("/?get=packagelist")).Json["payload"]!.AsArray());
        Assert.Equal("a package", (await peer.GetAsync("/?get=package&pkgname=zlib")).Text);
        Assert.Equal("9", (await peer.SendAsync("HEAD", "/?get=package&pkgname=zlib", null, null)).Header("Content-Length"));
        Assert.Equal(401, (await peer.GetAsync("/jobs?get=packagelist")).Status);
        Assert.Equal("SUCCESS OK", (await peer.SendAsync("OPTIONS", "/", null, null)).Said);
        string key = (await peer.FormAsync("/auth", $"user=root&pass={LeafFarm.Password}")).Json["payload"]!.ToString();
        Assert.Equal("SUCCESS Completed jobs cleared successfully", (await peer.PostAsync("/clearcompletedjobs", new JsonObject { ["authkey"] = key })).Said);
        Assert.Equal("SUCCESS Package build queued successfully.", (await peer.PostAsync("/releasebuild", new JsonObject { ["authkey"] = key, ["pkgname"] = "zlib" })).Said);
    }

    [Fact]
    public async Task Without_the_setting_the_port_of_the_console_knows_nothing_of_it()
    {
        await using var farm = await LeafFarm.StartAsync();
        var peer = new LeafPeer(farm.Master.Http);

        Assert.Equal(401, (await peer.GetAsync("/?get=packagelist")).Status);
        Assert.Equal(401, (await peer.FormAsync("/auth", $"user=root&pass={LeafFarm.Password}")).Status);
    }

    [Fact]
    public async Task Every_route_that_it_adds_is_open_by_declaration_and_none_is_one_of_the_console()
    {
        await using var alone = await LeafFarm.StartAsync();
        await using var shared = await LeafFarm.StartAsync(Shared);
        var before = RoutesOf(alone);
        var added = RoutesOf(shared).Except(before).ToArray();

        var expected = BranchHttpRouting.PostPaths.SelectMany(p => new[] { $"POST {p}", $"OPTIONS {p}" }).Concat(["GET /", "HEAD /", "OPTIONS /"]);
        Assert.Equal(expected.Order(), added.Select(r => r.Route).Order());
        Assert.All(added, r => Assert.True(r.IsOpen));
        Assert.Contains(before, r => r.Route == "GET /");
        string[] paths = [.. before.Select(r => r.Route.Split(' ')[1])];
        Assert.DoesNotContain(BranchHttpRouting.PostPaths, p => paths.Contains(p));
        // What was closed before is closed still.
        using var stranger = new HttpClient { BaseAddress = new Uri($"http://{shared.Master.Http}") };
        foreach (var (route, isOpen) in before.Where(r => !r.IsOpen && !r.Route.Contains('{', StringComparison.Ordinal)))
        {
            var answer = await stranger.SendAsync(new HttpRequestMessage(new HttpMethod(route.Split(' ')[0]), route.Split(' ')[1]));
            Assert.Equal((route, isOpen, HttpStatusCode.Unauthorized), (route, false, answer.StatusCode));
        }
    }

    [Fact]
    public async Task A_browsers_cookie_orders_nothing_there()
    {
        await using var farm = await LeafFarm.StartAsync(Shared);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{farm.Master.Http}") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(farm.Folder, "token"))).Trim());

        var answer = await client.PostAsync("/clearcompletedjobs", new FormUrlEncodedContent([]));

        Assert.Contains("MISSING_DATA", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static (string Route, bool IsOpen)[] RoutesOf(LeafFarm farm) =>
        [.. farm.Master.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => ($"{m} /{e.RoutePattern.RawText!.TrimStart('/')}", e.Metadata.GetMetadata<OpenToAll>() is not null)))];
}
