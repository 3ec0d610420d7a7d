using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Leaf;

/// <summary>The listener itself: opened and closed, and told to build bots.</summary>
public sealed class LeafDoorTests
{
    private static readonly BranchSettings Bots = new()
    {
        Keys = [new BranchKeySetting("hands", "bots")],
        Bots = new BranchBotSettings { Groups = ["bots"] },
    };

    [Fact]
    public async Task A_listener_is_opened_kept_and_closed_while_the_farm_runs()
    {
        await using var farm = await LeafFarm.StartAsync(listen: false);
        using var client = farm.Client();

        var opened = await client.PostAsJsonAsync("/api/v1/listeners", new JsonObject { ["protocol"] = "leaf", ["address"] = "127.0.0.1", ["port"] = 0 });
        var at = IPEndPoint.Parse((await MasterFixture.BodyAsync(opened))["open"]!.ToString());
        var before = await new LeafPeer(at).GetAsync("/?get=packagelist");
        var taken = await client.PostAsJsonAsync("/api/v1/listeners", new JsonObject { ["protocol"] = "leaf", ["address"] = "127.0.0.1", ["port"] = at.Port });
        var removed = await client.DeleteAsync($"/api/v1/listeners/leaf/127.0.0.1/{at.Port}");

        Assert.Equal((HttpStatusCode.Created, "SUCCESS"), (opened.StatusCode, before.Json["status"]!.ToString()));
        Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
        Assert.Contains("another program has this port", (await MasterFixture.BodyAsync(taken))["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await Assert.ThrowsAsync<SocketException>(() => new LeafPeer(at).GetAsync("/"));
    }

    [Fact]
    public async Task A_listener_of_the_file_has_a_port_by_default_and_comes_back_with_the_master()
    {
        var read = Assert.IsType<ConfigurationResult.Read>(ConfigurationFile.Parse("quern.yaml", "listeners:\n  - {protocol: leaf}\n")).Configuration;
        Assert.Equal(8080, Assert.Single(read.Listeners).Port);

        await using var farm = await LeafFarm.StartAsync(listen: false);
        using (var client = farm.Client())
            Assert.Equal(HttpStatusCode.Created, (await client.PostAsJsonAsync("/api/v1/listeners", new JsonObject { ["protocol"] = "leaf", ["port"] = 0 })).StatusCode);
        await farm.RestartAsync();

        Assert.Equal("SUCCESS", (await farm.Peer().GetAsync("/?get=packagelist")).Json["status"]!.ToString());
    }

    [Fact]
    public async Task A_port_that_another_has_stops_the_start_with_a_sentence()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        using var folder = new ScratchFolder();
        var options = MasterFixture.Options(folder.Path) with { Listen = [new ListenerSetting(ListenerProtocols.Leaf, IPAddress.Loopback, ((IPEndPoint)other.LocalEndpoint).Port)] };

        var start = await QuernMaster.StartAsync(options, TimeProvider.System, CancellationToken.None);

        Assert.Contains("leaf cannot listen on", Assert.IsType<MasterStart.Failed>(start).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", true, "LEAF")]
    [InlineData("", "", false, "")]
    [InlineData("https://p.example/x", "", true, "https://p.example/x/?get=packagelist")]
    [InlineData("https://p.example/x", "http://b.example/?get=packagelist", true, "http://b.example/?get=packagelist")]
    public async Task Build_bots_are_told_where_packages_are(string url, string forBots, bool listens, string expected)
    {
        await using var farm = await LeafFarm.StartAsync(new LeafSettings { Url = url }, branch: Bots with { PackageListUrl = forBots }, listen: listens);
        Assert.Equal(expected.Replace("LEAF", listens ? $"http://{farm.EndPoint}/?get=packagelist" : "", StringComparison.Ordinal), await ToldAsync(farm));
    }

    [Fact]
    public async Task Where_every_address_is_listened_on_a_bot_is_told_the_one_that_it_came_by()
    {
        await using var farm = await LeafFarm.StartAsync(branch: Bots, listen: false);
        using var client = farm.Client();
        var opened = await client.PostAsJsonAsync("/api/v1/listeners", new JsonObject { ["protocol"] = "leaf", ["address"] = "0.0.0.0", ["port"] = 0 });
        int port = IPEndPoint.Parse((await MasterFixture.BodyAsync(opened))["open"]!.ToString()).Port;

        Assert.Equal($"http://127.0.0.1:{port}/?get=packagelist", await ToldAsync(farm));
    }

    [Fact]
    public async Task A_shared_port_is_told_where_there_is_no_other()
    {
        await using var farm = await LeafFarm.StartAsync(new LeafSettings { Share = true }, branch: Bots, listen: false);

        Assert.Equal($"http://{farm.Master.Http}/?get=packagelist", await ToldAsync(farm));
    }

    [Theory]
    [InlineData("leaf: {url: farm.example}", "'farm.example' is not an address as http://farm.example:8080")]
    [InlineData("leaf: {url: 'http://farm.example/?get=packagelist'}", "is not an address as http://farm.example:8080")]
    [InlineData("leaf: {url: 'ftp://farm.example'}", "is not an address")]
    [InlineData("leaf: {url: 'http://u:p@farm.example'}", "is not an address")]
    [InlineData("leaf: {architecture: amd64}", "Did you mean 'x86_64'?")]
    [InlineData("leaf: {environments: [debug]}", "'debug' is not an environment")]
    [InlineData("leaf: {environments: [cross, cross]}", "'cross' stands twice")]
    [InlineData("leaf: {cors: maybe}", "'leaf.cors' must be true or false")]
    [InlineData("leaf: {shared: true}", "Did you mean 'share'?")]
    public void Mistakes_of_the_file_are_told(string text, string says)
    {
        var problems = Assert.IsType<ConfigurationResult.Invalid>(ConfigurationFile.Parse("quern.yaml", text)).Problems;

        Assert.Contains(says, Assert.Single(problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_keys_are_read()
    {
        const string Text = "leaf: {url: 'https://p.example/leaf/', anonymous_reads: true, cors: true, share: true, pinned_urls: true, architecture: aarch64, environments: [cross, release]}";

        var leaf = Assert.IsType<ConfigurationResult.Read>(ConfigurationFile.Parse("quern.yaml", Text)).Configuration.Leaf;

        Assert.Equal(("https://p.example/leaf", true, true, true, true, "aarch64"), (leaf.Url, leaf.AnonymousReads, leaf.Cors, leaf.Share, leaf.PinnedUrls, leaf.Architecture));
        Assert.Equal([Quern.Model.BuildEnvironment.Cross, Quern.Model.BuildEnvironment.Release], leaf.Environments);
    }

    /// <summary>Opens a door for bots and asks as one of them.</summary>
    private static async Task<string> ToldAsync(LeafFarm farm)
    {
        using var client = farm.Client();
        var opened = await client.PostAsJsonAsync("/api/v1/listeners", new JsonObject { ["protocol"] = "branch", ["address"] = "127.0.0.1", ["port"] = 0 });
        await using var bot = await BranchPeer.ConnectAsync(IPEndPoint.Parse((await MasterFixture.BodyAsync(opened))["open"]!.ToString()));
        var login = new JsonObject { ["machine_identifier"] = "bot1", ["machine_type"] = "BUILD", ["machine_authkey"] = "hands", ["machine_version"] = 1 };
        Assert.Equal(200, (int)(await bot.AskAsync("AUTH", login))["statuscode"]!);
        return (await bot.AskAsync("GETDEPLOYMENTCONFIG", ""))["payload"]!["packagelisturl"]!.ToString();
    }
}
