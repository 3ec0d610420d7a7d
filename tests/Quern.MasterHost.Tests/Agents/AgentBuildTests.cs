using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Tests.Agents;

public sealed class AgentBuildTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_is_built_with_all_that_it_needs_to_join()
    {
        await using var farm = await BuildFarm.StartAsync();

        var steps = await farm.BuildAsync(BuildFarm.Order() with { Tags = ["arch=x86-64", "big"], Slots = 4 });

        Assert.Equal([AgentBuildStep.Queued, AgentBuildStep.Generate, AgentBuildStep.Package, AgentBuildStep.Done], steps.Select(s => s.Step));
        Assert.Equal(steps.Select(s => s.Percent).Order(), steps.Select(s => s.Percent));
        var artifact = steps[^1].Artifact!;
        byte[] bytes = await farm.FetchAsync(steps[^1].Build);
        Assert.Equal((artifact.Bytes, Convert.ToHexString(artifact.Sha256.Span)), (bytes.Length, Convert.ToHexString(SHA256.HashData(bytes))));
        var files = Unpack(bytes);
        Assert.Equal("quern-agent/agent.json, quern-agent/install.sh, quern-agent/quern-agent.service, quern-agent/quern-worker", string.Join(", ", files.Keys));
        Assert.Equal(BuildFarm.Elf(), files["quern-agent/quern-worker"]);
        var configuration = JsonNode.Parse(files["quern-agent/agent.json"])!;
        var (who, key, secret) = Assert.Single(farm.Desk.Keys);
        Assert.Equal(
            $$"""{"version":1,"group":"lab machines","farm":["192.0.2.7:8768"],"masters":["wss://192.0.2.7:9992"],"protocol":"buildbot-msgpack","spki":["{{BuildFarm.Pin}}"],"key":"{{secret}}","keyExpires":"2061-07-29T03:14:15Z","tags":["arch=x86-64","big"],"slots":4}""",
            configuration.ToJsonString());
        Assert.Equal(("g-1", 1, "user:mira", "key-1"), (key.Group, key.MaxUses, who.Principal.Name, artifact.KeyId));
        Assert.True(who.May(Right.AgentApprove, BuildFarm.Group));
        Assert.False(who.May(Right.AgentBuild, BuildFarm.Group));
    }

    private static Dictionary<string, byte[]> Unpack(byte[] tarGz)
    {
        using var gzip = new GZipStream(new MemoryStream(tarGz), CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        var files = new Dictionary<string, byte[]>();
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.DataStream is not { } content) continue;
            var copy = new MemoryStream();
            content.CopyTo(copy);
            files[entry.Name] = copy.ToArray();
        }
        return files;
    }
}
