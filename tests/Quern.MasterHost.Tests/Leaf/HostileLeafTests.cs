using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Quern.MasterHost.Api;
using Quern.MasterHost.Configuration;

namespace Quern.MasterHost.Tests.Leaf;

/// <summary>Peers that mean no good, or send what no program would. After each of them the API answers as before.</summary>
public sealed class HostileLeafTests
{
    private const string BadRequest = "SERV_FAILURE Bad request.", Unreadable = "SERV_FAILURE Could not parse post data!";

    [Fact]
    public async Task A_body_over_the_limit_is_refused_unread_and_one_at_the_limit_is_taken()
    {
        await using var farm = await LeafFarm.StartAsync(limits: new LimitSettings { RequestBytes = 10_000 });
        var peer = farm.Peer();

        var over = await peer.RawAsync("POST /auth HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10001\r\n\r\n");
        var huge = await peer.RawAsync("POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775807\r\n\r\n");
        var full = await peer.FormAsync("/auth", $"user=root&pass={new string('x', 10_000 - 15)}");

        Assert.Equal((413, BadRequest), (over.Status, over.Said));
        Assert.Equal((413, BadRequest), (huge.Status, huge.Said));
        Assert.Equal((200, "AUTH_FAILURE Authentication failed."), (full.Status, full.Said));
        await AnswersAsync(farm);
    }

    [Fact]
    public async Task All_bodies_together_have_a_bound_and_what_is_let_go_makes_room()
    {
        var body = new LeafBody(1000, maxHeldBytes: 100);
        async Task<(bool Read, int Status)> ReadAsync(int bytes)
        {
            var context = new DefaultHttpContext();
            context.Request.ContentLength = bytes;
            context.Request.Body = new MemoryStream(new byte[bytes]);
            var (fields, status, _) = await body.ReadAsync(context.Request, CancellationToken.None);
            return (fields is not null, status);
        }

        for (int i = 0; i < 5; i++)
        {
            Assert.Equal((true, 200), await ReadAsync(100));
            Assert.Equal((false, 503), await ReadAsync(101));
        }
    }

    [Fact]
    public async Task A_body_that_does_not_come_is_given_up()
    {
        await using var farm = await LeafFarm.StartAsync();

        var reply = await farm.Peer().RawAsync("POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nuser=");

        Assert.Equal(408, reply.Status);
        await AnswersAsync(farm);
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_a_bad_request()
    {
        await using var farm = await LeafFarm.StartAsync();
        var peer = farm.Peer();

        var chunked = await peer.RawAsync("POST /auth HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nuser=\r\n0\r\n\r\n");
        var nothing = await peer.RawAsync("POST /auth HTTP/1.0\r\n\r\n");

        Assert.Equal((200, BadRequest), (chunked.Status, chunked.Said));
        Assert.Contains(nothing.Status, (int[])[200, 400]);
        if (nothing.Status == 200) Assert.Equal(BadRequest, nothing.Said);
        await AnswersAsync(farm);
    }

    public static TheoryData<string?, string> Bodies => new()
    {
        { "application/json", "" },
        { "application/json", "{" },
        { "application/json", "[]" },
        { "application/json", "\"user\"" },
        { "application/json", "{\"user\": \"root\", \"pass\": }" },
        { "application/json", new string('[', 5000) },
        { "application/json", "{" + string.Join(',', Enumerable.Range(0, 65).Select(i => $"\"k{i}\": 1")) + "}" },
        { "application/x-www-form-urlencoded", string.Join('&', Enumerable.Range(0, 5000).Select(i => $"k{i}=v")) },
        { "multipart/form-data", "--b\r\n\r\n--b--\r\n" },
        { "multipart/form-data; boundary=", "--b--\r\n" },
        { "multipart/form-data; boundary=" + new string('b', 71), "--b--\r\n" },
        { "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nroot" },
        { "multipart/form-data; boundary=b", string.Concat(Enumerable.Repeat("--b\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\nv\r\n", 65)) + "--b--\r\n" },
        { "multipart/form-data; boundary=b", "--b\r\n" + string.Concat(Enumerable.Range(0, 50).Select(i => $"X-{i}: y\r\n")) + "\r\nv\r\n--b--\r\n" },
        { "multipart/form-data; boundary=b", "--b\r\nX: " + new string('y', 100_000) + "\r\n\r\nv\r\n--b--\r\n" },
        { "text/plain", "user=root" },
        { "no type at all", "user=root" },
    };

    [Fact]
    public async Task Bodies_that_cannot_be_read_are_said_to_be_so()
    {
        await using var farm = await LeafFarm.StartAsync();

        foreach (var row in Bodies)
        {
            var reply = await farm.Peer().SendAsync("POST", "/auth", row.Data.Item1, row.Data.Item2);
            Assert.Equal((row.Data, 200, Unreadable), (row.Data, reply.Status, reply.Said));
        }
        await AnswersAsync(farm);
    }

    [Fact]
    public async Task A_form_that_is_no_text_is_said_to_be_unreadable()
    {
        await using var farm = await LeafFarm.StartAsync();
        using var client = new HttpClient();
        using var content = new ByteArrayContent([.. "user="u8, 0xff, 0xfe]);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/x-www-form-urlencoded");

        var answer = await client.PostAsync(new Uri($"http://{farm.EndPoint}/auth"), content);

        Assert.Contains("Could not parse post data!", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_answer_repeats_is_cut_and_escaped()
    {
        await using var farm = await LeafFarm.StartAsync();
        var peer = farm.Peer();
        string key = await farm.KeyAsync();

        var longName = await peer.PostAsync("/releasebuild", new JsonObject { ["authkey"] = key, ["pkgname"] = new string('x', 100_000) });
        var strange = await peer.SendAsync("POST", "/releasebuild", "application/json", $$"""{"authkey": "{{key}}", "pkgname": "a\u0000\r\n\u001b[31mö\ud83d\ude00"}""");
        var half = await peer.SendAsync("POST", "/releasebuild", "application/json", $$"""{"authkey": "{{key}}", "pkgname": "\ud83d"}""");
        var badKey = await peer.PostAsync("/checkauth", new JsonObject { ["authkey"] = new string('k', 100_000) });

        Assert.True(longName.Body.Length < 500 && badKey.Body.Length < 500);
        Assert.DoesNotContain(strange.Body, b => b is < 0x20 or > 0x7e);
        Assert.Equal("SERV_FAILURE No such package available: a\0\r\n\u001b[31mö\ud83d\ude00", strange.Said);
        Assert.Equal("MISSING_DATA Missing request data for package build: Package name (pkgname)", half.Said);
        await AnswersAsync(farm);
    }

    [Theory]
    [InlineData("/?get=package&pkgname=../../../../etc/passwd")]
    [InlineData("/?get=package&pkgname=%2e%2e%2ftoken")]
    [InlineData("/?get=package&pkgname=zlib%00")]
    [InlineData("/?get=package&pkgname=zlib%2f")]
    [InlineData("/?get=package&pkgname=%ff%fe")]
    [InlineData("/?get=package&pkgname=%zz")]
    [InlineData("/?get=package&pkgname=zlib'--")]
    [InlineData("/?get=package&pkgname=ZLIB")]
    public async Task Names_with_tricks_are_names_of_nothing(string target)
    {
        await using var farm = await LeafFarm.StartAsync();
        await farm.PublishAsync(LeafFarm.Recipe("zlib"), "x"u8.ToArray());

        var reply = await farm.Peer().GetAsync(target);

        Assert.True((reply.Status, reply.Text) is (404, "E_PACKAGE") || reply.Status == 400, $"{reply.Status} {reply.Text}");
    }

    [Fact]
    public async Task Thousands_of_names_in_a_query_are_a_bad_request()
    {
        await using var farm = await LeafFarm.StartAsync();
        var peer = farm.Peer();

        var many = await peer.GetAsync("/?get=package" + string.Concat(Enumerable.Range(0, 1000).Select(i => "&a=b")));
        var some = await peer.GetAsync("/?get=packagelist" + string.Concat(Enumerable.Range(0, 60).Select(i => $"&a{i}=b")));
        var endless = await peer.GetAsync("/?get=package&pkgname=" + new string('x', 100_000));

        Assert.Equal((200, BadRequest), (many.Status, many.Said));
        Assert.Equal("SUCCESS", some.Json["status"]!.ToString());
        Assert.Equal(414, endless.Status);
        await AnswersAsync(farm);
    }

    [Fact]
    public async Task A_thousand_peers_that_say_half_a_request_do_not_stop_the_others()
    {
        await using var farm = await LeafFarm.StartAsync();
        var silent = new List<TcpClient>();
        for (int i = 0; i < 1000; i++)
        {
            var client = new TcpClient();
            await client.ConnectAsync(farm.EndPoint);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(i % 2 == 0 ? "GET /?get=pack" : string.Create(CultureInfo.InvariantCulture, $"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: {1000 + i}\r\n\r\nuser=")));
            silent.Add(client);
        }

        await AnswersAsync(farm);

        foreach (var client in silent) client.Dispose();
        await AnswersAsync(farm);
    }

    [Fact]
    public async Task A_peer_that_leaves_in_the_middle_of_its_answer_harms_nobody()
    {
        await using var farm = await LeafFarm.StartAsync();
        await farm.PublishAsync(LeafFarm.Recipe("big"), new byte[20_000_000]);
        for (int i = 0; i < 20; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(farm.EndPoint);
            await client.GetStream().WriteAsync("GET /?get=package&pkgname=big HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            await client.GetStream().ReadExactlyAsync(new byte[1000]);
        }

        Assert.Equal(20_000_000, (await farm.Peer().GetAsync("/?get=package&pkgname=big")).Body.Length);
    }

    [Theory]
    [InlineData("GARBAGE\r\n\r\n")]
    [InlineData("GET /?get=packagelist HTTP/9.9\r\n\r\n")]
    [InlineData("GET http://other.example/?get=nope HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n")]
    [InlineData("POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\nConnection: close\r\n\r\n")]
    [InlineData("POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n")]
    public async Task What_is_no_HTTP_is_refused_by_the_server(string request)
    {
        await using var farm = await LeafFarm.StartAsync();

        Assert.InRange((await farm.Peer().RawAsync(request)).Status, 400, 505);
        await AnswersAsync(farm);
    }

    private static async Task AnswersAsync(LeafFarm farm) => Assert.Equal("SUCCESS", (await farm.Peer().GetAsync("/?get=packagelist")).Json["status"]!.ToString());
}
