using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Quern.MasterHost.Tests.Leaf;

/// <summary>
/// A package manager as strict as leaf: it takes a list only in the form that leaf takes, and a file only when its MD5 is the one of the
/// list. Written from the description of the format, without any code of Quern.
/// </summary>
internal static class LeafReader
{
    private static readonly string[] Keys = ["name", "real_version", "version", "description", "dependencies", "hash", "url"];

    /// <summary>Reads the list and downloads every package that it names.</summary>
    public static async Task<Dictionary<string, LeafFile>> SyncAsync(Uri list)
    {
        var files = new Dictionary<string, LeafFile>();
        foreach (var package in Packages(await FetchAsync(list)))
        {
            var content = await FetchAsync(new Uri(package.GetProperty("url").GetString()!));
            string name = Text(package, "name");
            Assert.Equal((name, Text(package, "hash")), (name, Md5(content)));
            string[] needs = [.. package.GetProperty("dependencies").EnumerateArray().Select(d => d.GetString()!)];
            files.Add(name, new LeafFile(int.Parse(Text(package, "real_version"), CultureInfo.InvariantCulture), Text(package, "version"), needs, content));
        }
        return files;
    }

    public static JsonElement[] Packages(byte[] list)
    {
        Assert.DoesNotContain(list, b => b is < 0x20 or > 0x7e);
        var root = JsonDocument.Parse(list).RootElement;
        Assert.Equal(200, root.GetProperty("response_code").GetInt32());
        var packages = root.GetProperty("payload").EnumerateArray().ToArray();
        foreach (var package in packages)
        {
            Assert.Equal(Keys, package.EnumerateObject().Select(m => m.Name));
            foreach (var member in package.EnumerateObject())
                Assert.Equal((member.Name, member.Name == "dependencies" ? JsonValueKind.Array : JsonValueKind.String), (member.Name, member.Value.ValueKind));
        }
        return packages;
    }

    [SuppressMessage("Security", "CA5351", Justification = "It is what leaf compares.")]
    public static string Md5(byte[] content) => Convert.ToHexStringLower(MD5.HashData(content));

    /// <summary>As libcurl does it: one connection, one request; a status from 400 on is a failure.</summary>
    private static async Task<byte[]> FetchAsync(Uri address)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, patience.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {address.PathAndQuery} HTTP/1.0\r\nHost: {address.Authority}\r\n\r\n"), patience.Token);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, patience.Token);
        var reply = LeafReply.Of(all.ToArray(), isHead: false);
        Assert.Equal(200, reply.Status);
        return reply.Body;
    }

    private static string Text(JsonElement package, string key) => package.GetProperty(key).GetString()!;
}

/// <summary>A package as it arrived.</summary>
internal sealed record LeafFile(int RealVersion, string Version, string[] Needs, byte[] Content);
