using System.IO.Compression;
using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.Agents.Tests;

/// <summary>What skopeo makes of an image; it checks every digest on the way.</summary>
public sealed class ImageTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Skopeo_reads_the_image_and_copies_its_layers(bool gzip)
    {
        using var folder = new ScratchFolder();
        byte[] root = PackagerTests.TarOf("bin/true");
        byte[] stored = gzip ? Packed(root) : root;
        string image = folder.Write(Made.Bundle("linux-arm64") with { Base = new BaseLayer(() => new MemoryStream(stored), gzip) }, "oci", "image.tar");

        var config = JsonNode.Parse(await Tool.RunAsync("skopeo", "inspect", "--config", $"oci-archive:{image}"))!;
        await Tool.RunAsync("skopeo", "--insecure-policy", "copy", $"oci-archive:{image}", $"dir:{folder["copy"]}");

        Assert.Equal(("arm64", "linux", "65532:65532"), ($"{config["architecture"]}", $"{config["os"]}", $"{config["config"]!["User"]}"));
        Assert.Equal("/usr/lib/quern-agent/quern-worker agent run --config /etc/quern-agent/agent.json --state /var/lib/quern-agent",
            string.Join(' ', config["config"]!["Entrypoint"]!.AsArray()));
        Assert.Equal(2, config["rootfs"]!["diff_ids"]!.AsArray().Count);
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(folder["copy/manifest.json"], TestContext.Current.CancellationToken))!;
        string own = manifest["layers"]![1]!["digest"]!.ToString()["sha256:".Length..];
        string list = await Tool.RunAsync("tar", "-tvzf", folder[$"copy/{own}"], "--numeric-owner");
        Assert.Contains("-rw------- 65532/65532", list, StringComparison.Ordinal);
        Assert.Contains("drwx------ 65532/65532", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hash_of_a_layer_is_that_of_what_it_unpacks_to()
    {
        using var folder = new ScratchFolder();
        byte[] root = PackagerTests.TarOf("bin/true");
        string image = folder.Write(Made.Bundle() with { Base = new BaseLayer(() => new MemoryStream(Packed(root)), Gzip: true) }, "oci", "image.tar");

        var config = JsonNode.Parse(await Tool.RunAsync("skopeo", "inspect", "--config", $"oci-archive:{image}"))!;

        Assert.Equal($"sha256:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(root))}", $"{config["rootfs"]!["diff_ids"]![0]}");
    }

    private static byte[] Packed(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
