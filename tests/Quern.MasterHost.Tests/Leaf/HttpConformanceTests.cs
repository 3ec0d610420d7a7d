using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Leaf;

/// <summary>Every exchange of <c>tests/golden/branch/http.jsonl</c> with a real master over TCP, byte for byte.</summary>
public sealed class HttpConformanceTests
{
    /// <summary>Samples that stand in the file, of as many characters as the real ones.</summary>
    private const string Job = "7d2a9e40-88b3-4f7d-a0c5-61b1d3e5f902", Hash = "e2fc714c4727ee9395f324cd2e7f331f";

    [Fact]
    public async Task Exchanges_over_HTTP_go_as_captured()
    {
        await using var farm = await LeafFarm.StartAsync();
        string zlib = LeafFarm.Recipe("zlib", real: "2", version: "1.2.13", dependencies: "[glibc]", needs: "[gcc]");
        var blob = await farm.PublishAsync(zlib, Encoding.UTF8.GetBytes("a package"));
        await farm.Store.SaveJobsClearedAsync(Actor.Farm, CancellationToken.None);
        await farm.SubmitAsync(LeafFarm.Recipe("libpng"));
        var queued = await farm.QueueAsync("libpng");
        var peer = farm.Peer();
        int walked = 0;

        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", "branch", "http.jsonl")))
        {
            walked++;
            var exchange = JsonNode.Parse(line)!;
            string target = exchange["target"]!.ToString();
            string expected = exchange["answer"]!.ToString().Replace(Job, queued.ToString(), StringComparison.Ordinal).Replace(Hash, blob.Md5, StringComparison.Ordinal);
            var reply = await peer.SendAsync(exchange["method"]!.ToString(), target, exchange["type"]?.ToString(), exchange["body"]?.ToString());

            Assert.Equal((target, expected), (target, reply.Text));
            Assert.Equal((int)exchange["status"]!, reply.Status);
            Assert.Equal(exchange["answer_type"]!.ToString(), reply.Header("Content-Type"));
            Assert.Equal(expected.Length.ToString(CultureInfo.InvariantCulture), reply.Header("Content-Length"));
        }

        Assert.Equal(10, walked);
    }
}
