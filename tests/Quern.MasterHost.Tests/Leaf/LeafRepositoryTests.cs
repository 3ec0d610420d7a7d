using System.Collections.Immutable;
using System.Net;
using System.Text;
using Quern.MasterHost.Configuration;
using Quern.Model;

namespace Quern.MasterHost.Tests.Leaf;

/// <summary>The list of packages and the files behind it.</summary>
public sealed class LeafRepositoryTests
{
    private const BuildEnvironment Release = BuildEnvironment.Release, Cross = BuildEnvironment.Cross;

    [Fact]
    public async Task A_package_manager_gets_every_package_with_the_hash_of_the_list()
    {
        await using var farm = await LeafFarm.StartAsync();
        var random = new Random(7);
        var made = new Dictionary<string, byte[]>();
        foreach (string name in (string[])["zlib", "gtk+", "lib_a-b", "glibc", "empty"])
        {
            made[name] = new byte[name == "empty" ? 0 : random.Next(1, 3_000_000)];
            random.NextBytes(made[name]);
            await farm.PublishAsync(LeafFarm.Recipe(name, real: "12", version: "1:2.0~rc1+git", dependencies: name is "glibc" ? "" : "[glibc][gcc]", description: "größe \"x\"; \\"), made[name]);
        }

        var files = await LeafReader.SyncAsync(new Uri($"http://{farm.EndPoint}/?get=packagelist"));

        Assert.Equal(made.Keys.Order(StringComparer.Ordinal), files.Keys);
        foreach (var (name, file) in files)
        {
            Assert.Equal((12, "1:2.0~rc1+git", name == "glibc" ? 0 : 2), (file.RealVersion, file.Version, file.Needs.Length));
            Assert.Equal(made[name], file.Content);
        }
    }

    [Fact]
    public async Task The_newest_version_is_the_greatest_number_and_the_old_ones_stay()
    {
        await using var farm = await LeafFarm.StartAsync();
        await farm.PublishAsync(LeafFarm.Recipe("zlib", real: "10", version: "2.0"), "ten"u8.ToArray());
        await farm.PublishAsync(LeafFarm.Recipe("zlib", real: "9", version: "1.9"), "nine"u8.ToArray());
        await farm.PublishAsync(LeafFarm.Recipe("zlib", real: "007", version: "0.7"), "seven"u8.ToArray());
        var peer = farm.Peer();

        Assert.Equal("007;0.7\n9;1.9\n10;2.0\n", (await peer.GetAsync("/?get=versions&pkgname=zlib")).Text);
        Assert.Equal(("10", LeafReader.Md5("ten"u8.ToArray())), Shown(Assert.Single(await ListAsync(peer))));
        Assert.Equal("ten", (await peer.GetAsync("/?get=package&pkgname=zlib")).Text);
        Assert.Equal("nine", (await peer.GetAsync("/?get=package&pkgname=zlib&version=9")).Text);
        Assert.Equal("seven", (await peer.GetAsync("/?get=package&version=007&pkgname=zlib")).Text);
        Assert.Equal("filename=\"zlib-1.9.lfpkg\"", (await peer.GetAsync("/?get=package&pkgname=zlib&version=9")).Header("Content-Disposition"));
    }

    [Fact]
    public async Task What_is_published_replaced_or_deleted_is_seen_at_once()
    {
        await using var farm = await LeafFarm.StartAsync();
        var peer = farm.Peer();
        Assert.Empty(await ListAsync(peer));

        await farm.PublishAsync(LeafFarm.Recipe("zlib"), "first"u8.ToArray());
        var first = Shown(Assert.Single(await ListAsync(peer)));
        await farm.PublishAsync(LeafFarm.Recipe("zlib", description: "changed"), "second"u8.ToArray());
        var second = Assert.Single(await ListAsync(peer));
        // A recipe that was saved and not built changes nothing that leaf sees.
        await farm.SubmitAsync(LeafFarm.Recipe("zlib", real: "5", version: "9", description: "not built"));
        var third = Assert.Single(await ListAsync(peer));
        await farm.Store.DeleteRecipeAsync(new PackageName("zlib"), Actor.Farm, CancellationToken.None);

        Assert.Equal(("1", LeafReader.Md5("first"u8.ToArray())), first);
        Assert.Equal(("1", LeafReader.Md5("second"u8.ToArray())), Shown(second));
        Assert.Equal("changed", second.GetProperty("description").GetString());
        Assert.Equal(second.ToString(), third.ToString());
        Assert.Empty(await ListAsync(peer));
        Assert.Equal("E_PACKAGE", (await peer.GetAsync("/?get=package&pkgname=zlib")).Text);
        Assert.Equal("E_PACKAGE", (await peer.GetAsync("/?get=versions&pkgname=zlib")).Text);
    }

    [Fact]
    public async Task Environment_and_architecture_are_those_of_the_configuration()
    {
        var leaf = new LeafSettings { Environments = [Release, Cross], Architecture = "riscv64" };
        await using var both = await LeafFarm.StartAsync(leaf, cross: true);
        await using var plain = await LeafFarm.StartAsync(cross: true);
        foreach (var farm in (LeafFarm[])[both, plain])
        {
            await farm.PublishAsync(LeafFarm.Recipe("both", real: "2"), "cross of both"u8.ToArray(), Cross, "riscv64");
            await farm.PublishAsync(LeafFarm.Recipe("both", real: "1"), "release of both"u8.ToArray(), Release, "riscv64");
            await farm.PublishAsync(LeafFarm.Recipe("crosstools"), "cross alone"u8.ToArray(), Cross, "riscv64");
            await farm.PublishAsync(LeafFarm.Recipe("script"), "of any machine"u8.ToArray(), Release, "");
            await farm.PublishAsync(LeafFarm.Recipe("foreign"), "of another machine"u8.ToArray(), Release, "sparc64");
            await farm.PublishAsync(LeafFarm.Recipe("here"), "of this machine"u8.ToArray());
        }

        Assert.Equal(["both 1", "crosstools 1", "script 1"], (await ListAsync(both.Peer())).Select(NameOf));
        Assert.Equal("release of both", (await both.Peer().GetAsync("/?get=package&pkgname=both")).Text);
        Assert.Equal(["here 1", "script 1"], (await ListAsync(plain.Peer())).Select(NameOf));
    }

    [Fact]
    public async Task The_old_list_has_six_fields_a_line()
    {
        await using var farm = await LeafFarm.StartAsync();
        await farm.PublishAsync(LeafFarm.Recipe("zlib", real: "2", version: "1.2.13", dependencies: "[glibc][gcc]", description: "a; b größer"), "x"u8.ToArray());
        await farm.PublishAsync(LeafFarm.Recipe("plain"), "y"u8.ToArray());

        var reply = await farm.Peer().GetAsync("/?get=leafpackagelist");

        Assert.Equal((200, "text/plain"), (reply.Status, reply.Header("Content-Type")));
        Assert.Equal(
            $"plain;1;1.0;lib;;http://{LeafFarm.Host}/?get=package&pkgname=plain\n" +
            $"zlib;2;1.2.13;a, b größer;[glibc][gcc];http://{LeafFarm.Host}/?get=package&pkgname=zlib\n", reply.Text);
    }

    [Theory]
    [InlineData("", "", "Host: farm.example:1234", "http://farm.example:1234")]
    [InlineData("", "", "Host: [::1]:80", "http://[::1]:80")]
    [InlineData("https://p.example/leaf/", "", "Host: evil.example", "https://p.example/leaf")]
    [InlineData("", "http://bots.example:8080/?get=packagelist", "Host: evil.example", "http://bots.example:8080")]
    [InlineData("", "http://bots.example:8080/list", "Host: farm.example", "http://farm.example")]
    [InlineData("", "", "X-First: identity\r\nHost: farm.example", "http://farm.example")]
    [InlineData("", "", "Host: a.example/x?y=", null)]
    [InlineData("", "", "Host: ", null)]
    public async Task Addresses_are_made_from_the_configuration_or_from_a_sound_host(string url, string packageListUrl, string header, string? expected)
    {
        await using var farm = await LeafFarm.StartAsync(new LeafSettings { Url = url.TrimEnd('/') }, branch: new BranchSettings { PackageListUrl = packageListUrl });
        await farm.PublishAsync(LeafFarm.Recipe("zlib"), "x"u8.ToArray());

        var reply = await farm.Peer().RawAsync($"GET /?get=packagelist HTTP/1.1\r\n{header}\r\nConnection: close\r\n\r\n");

        // The server itself refuses what is no host at all.
        if (expected is null && reply.Status == 400) return;
        Assert.Equal($"{expected ?? $"http://{farm.EndPoint}"}/?get=package&pkgname=zlib", Assert.Single(LeafReader.Packages(reply.Body)).GetProperty("url").GetString());
    }

    [Fact]
    public async Task Without_a_host_the_address_is_the_one_that_was_connected_to()
    {
        await using var farm = await LeafFarm.StartAsync();
        await farm.PublishAsync(LeafFarm.Recipe("zlib"), "x"u8.ToArray());

        var reply = await farm.Peer().RawAsync("GET /?get=packagelist HTTP/1.0\r\n\r\n");

        Assert.Equal($"http://{farm.EndPoint}/?get=package&pkgname=zlib", Assert.Single(LeafReader.Packages(reply.Body)).GetProperty("url").GetString());
    }

    [Fact]
    public async Task Pinned_addresses_name_the_version_of_the_list()
    {
        await using var farm = await LeafFarm.StartAsync(new LeafSettings { PinnedUrls = true });
        await farm.PublishAsync(LeafFarm.Recipe("zlib", real: "9"), "nine"u8.ToArray());
        string url = Assert.Single(await ListAsync(farm.Peer())).GetProperty("url").GetString()!;
        await farm.PublishAsync(LeafFarm.Recipe("zlib", real: "10"), "ten"u8.ToArray());

        Assert.EndsWith("/?get=package&pkgname=zlib&version=9", url, StringComparison.Ordinal);
        Assert.Equal("nine", (await farm.Peer().GetAsync(new Uri(url).PathAndQuery)).Text);
    }

    [Fact]
    public async Task Files_come_in_parts_and_only_if_they_changed()
    {
        await using var farm = await LeafFarm.StartAsync();
        var blob = await farm.PublishAsync(LeafFarm.Recipe("zlib"), "0123456789"u8.ToArray());
        var peer = farm.Peer();
        const string Target = "/?get=package&pkgname=zlib";
        string tag = $"\"{blob.Sha256}\"";

        var whole = await peer.GetAsync(Target);
        var part = await peer.GetAsync(Target, "Range: bytes=3-5");
        var tail = await peer.GetAsync(Target, "Range: bytes=-2", $"If-Range: {tag}");
        var other = await peer.GetAsync(Target, "Range: bytes=3-5", "If-Range: \"old\"");
        var beyond = await peer.GetAsync(Target, "Range: bytes=10-");
        var same = await peer.GetAsync(Target, $"If-None-Match: {tag}");
        var list = await peer.GetAsync("/?get=packagelist");
        var sameList = await peer.GetAsync("/?get=packagelist", $"If-None-Match: {list.Header("ETag")}");

        Assert.Equal((200, tag, "application/octet-stream", "bytes"), (whole.Status, whole.Header("ETag"), whole.Header("Content-Type"), whole.Header("Accept-Ranges")));
        Assert.Equal((206, "345", "bytes 3-5/10"), (part.Status, part.Text, part.Header("Content-Range")));
        Assert.Equal((206, "89"), (tail.Status, tail.Text));
        Assert.Equal((200, "0123456789"), (other.Status, other.Text));
        Assert.Equal(416, beyond.Status);
        Assert.Equal((304, ""), (same.Status, same.Text));
        Assert.Equal((304, ""), (sameList.Status, sameList.Text));
        await farm.PublishAsync(LeafFarm.Recipe("other"), "x"u8.ToArray());
        Assert.Equal(200, (await peer.GetAsync("/?get=packagelist", $"If-None-Match: {list.Header("ETag")}")).Status);
    }

    [Fact]
    public async Task A_file_that_the_farm_has_lost_is_an_error_that_leaf_knows()
    {
        await using var farm = await LeafFarm.StartAsync();
        var blob = await farm.PublishAsync(LeafFarm.Recipe("zlib"), "content"u8.ToArray());
        Assert.Single(await ListAsync(farm.Peer()));
        File.Delete(farm.Master.Blobs.PathOf(blob.Sha256));

        var reply = await farm.Peer().GetAsync("/?get=package&pkgname=zlib");

        Assert.Equal((500, "E_GENERAL"), (reply.Status, reply.Text));
    }

    [Fact]
    public async Task The_API_lists_the_same_packages_page_by_page()
    {
        await using var farm = await LeafFarm.StartAsync();
        foreach (string name in (string[])["b", "a", "c"]) await farm.PublishAsync(LeafFarm.Recipe(name, real: "7", dependencies: "[x][y]"), Encoding.UTF8.GetBytes(name));
        using var client = farm.Client();
        using var stranger = new HttpClient { BaseAddress = client.BaseAddress };
        const string List = "/api/v1/leaf/packages";

        var first = await MasterFixture.BodyAsync(await client.GetAsync($"{List}?limit=2"));
        var last = await MasterFixture.BodyAsync(await client.GetAsync($"{List}?limit=2&after={first["next"]}"));
        var item = last["items"]![0]!;

        Assert.Equal(["a", "b"], first["items"]!.AsArray().Select(p => p!["name"]!.ToString()));
        Assert.Equal("c 7 1.0 lib [\"x\",\"y\"] release", $"{item["name"]} {item["real_version"]} {item["version"]} {item["description"]} {item["dependencies"]!.ToJsonString()} {item["environment"]}");
        Assert.Equal((LeafReader.Md5("c"u8.ToArray()), 1, MachineArchitecture.Here), (item["md5"]!.ToString(), (int)item["bytes"]!, item["architecture"]!.ToString()));
        Assert.Single(last["items"]!.AsArray());
        Assert.Null(last["next"]);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.GetAsync($"{List}?limit=0")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(List)).StatusCode);
    }

    [Fact]
    public async Task A_list_that_is_read_while_packages_are_published_names_only_what_can_be_had()
    {
        await using var farm = await LeafFarm.StartAsync(new LeafSettings { PinnedUrls = true });
        using var done = new CancellationTokenSource();
        var publishing = Task.Run(async () =>
        {
            for (int i = 1; i <= 40; i++) await farm.PublishAsync(LeafFarm.Recipe($"p{i % 4}", real: $"{i}"), Encoding.UTF8.GetBytes(new string('x', i * 1000)));
            await done.CancelAsync();
        });

        int read = 0;
        do read += (await LeafReader.SyncAsync(new Uri($"http://{farm.EndPoint}/?get=packagelist"))).Count;
        while (!done.IsCancellationRequested);
        await publishing;

        Assert.True(read >= 4, $"only {read} packages were read");
        Assert.Equal(["p0 40", "p1 37", "p2 38", "p3 39"], (await ListAsync(farm.Peer())).Select(NameOf));
    }

    private static async Task<ImmutableArray<System.Text.Json.JsonElement>> ListAsync(LeafPeer peer) =>
        [.. LeafReader.Packages((await peer.GetAsync("/?get=packagelist")).Body)];

    private static (string? RealVersion, string? Hash) Shown(System.Text.Json.JsonElement p) => (p.GetProperty("real_version").GetString(), p.GetProperty("hash").GetString());

    private static string NameOf(System.Text.Json.JsonElement p) => $"{p.GetProperty("name").GetString()} {p.GetProperty("real_version").GetString()}";
}
