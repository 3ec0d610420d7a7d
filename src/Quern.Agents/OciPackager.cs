using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Quern.Agents;

/// <summary>
/// An image as one tar archive of an OCI layout (opencontainers/image-spec 1.0, "Image Layout"): the base as it is, and a layer of ours on it with
/// the program, its configuration and its state folder. <c>podman load</c>, <c>skopeo copy oci-archive:…</c> and <c>nerdctl load</c> take it.
/// </summary>
internal sealed class OciPackager : IAgentPackager
{
    private const string Layer = "application/vnd.oci.image.layer.v1.tar";
    private const string StateFolder = "/var/lib/quern-agent";

    /// <summary>No user of any base; images name it by its number.</summary>
    private const int AgentUser = 65532;

    private sealed record Blob(string MediaType, string Digest, long Bytes, Func<Stream> Open);

    public string Format => "oci";

    public bool NeedsBase => true;

    public string? Refuses(AgentPlatform platform) => null;

    public string FileNameOf(AgentBundle bundle) => $"quern-agent-{bundle.FullVersion}-{bundle.Platform}.oci.tar";

    public void Write(AgentBundle bundle, Stream output)
    {
        var baseLayer = bundle.Base ?? throw new InvalidDataException("an image needs a root to stand on");
        var (below, belowDiff) = BaseBlob(baseLayer);
        var (own, ownDiff) = OwnBlob(bundle);
        var config = JsonBlob("application/vnd.oci.image.config.v1+json", json => WriteConfig(json, bundle, [belowDiff, ownDiff]));
        var manifest = JsonBlob("application/vnd.oci.image.manifest.v1+json", json => WriteManifest(json, config, [below, own]));
        byte[] index = Json(json => WriteIndex(json, bundle, manifest));

        using var tar = new TarFiles(output, bundle.Made);
        tar.Folder("blobs");
        tar.Folder("blobs/sha256");
        foreach (var blob in new[] { below, own, config, manifest }.DistinctBy(b => b.Digest).OrderBy(b => b.Digest, StringComparer.Ordinal))
        {
            using var content = blob.Open();
            tar.Stream($"blobs/sha256/{blob.Digest}", content, FileModes.Text);
        }
        tar.File("index.json", index, FileModes.Text);
        tar.File("oci-layout", Json(json => json.WriteString("imageLayoutVersion", "1.0.0")), FileModes.Text);
    }

    /// <summary>The base's own bytes, and the hash of what they unpack to.</summary>
    private static (Blob Blob, string Diff) BaseBlob(BaseLayer layer)
    {
        using var file = layer.Open();
        string digest = Hex(SHA256.HashData(file));
        if (!layer.Gzip) return (new Blob(Layer, digest, file.Length, layer.Open), digest);
        using var again = layer.Open();
        using var plain = new GZipStream(again, CompressionMode.Decompress);
        return (new Blob(Layer + "+gzip", digest, file.Length, layer.Open), Hex(SHA256.HashData(plain)));
    }

    private static (Blob Blob, string Diff) OwnBlob(AgentBundle bundle)
    {
        using var plain = new MemoryStream();
        using (var tar = new TarFiles(plain, bundle.Made))
        {
            foreach (string folder in (string[])["etc", "etc/quern-agent", "usr", "usr/lib", "usr/lib/quern-agent", "var", "var/lib"]) tar.Folder(folder);
            tar.Owner = AgentUser;
            tar.Folder(StateFolder[1..], FileModes.PrivateFolder);
            tar.File("etc/quern-agent/agent.json", bundle.Configuration, FileModes.Private);
            tar.Owner = 0;
            tar.File(SystemdUnit.PackagedProgram[1..], bundle.Program, FileModes.Program);
        }
        var bytes = plain.GetBuffer().AsSpan(0, (int)plain.Length);
        using var gzip = new MemoryStream();
        using (var packed = new GZipStream(gzip, CompressionLevel.Optimal, leaveOpen: true)) packed.Write(bytes);
        byte[] layer = gzip.ToArray();
        return (new Blob(Layer + "+gzip", Hex(SHA256.HashData(layer)), layer.Length, () => new MemoryStream(layer, writable: false)), Hex(SHA256.HashData(bytes)));
    }

    private static void WriteConfig(Utf8JsonWriter json, AgentBundle bundle, string[] diffs)
    {
        string created = bundle.Made.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        json.WriteString("architecture", bundle.Platform.Oci);
        if (bundle.Platform.Oci == "arm") json.WriteString("variant", "v7");
        json.WriteString("os", "linux");
        json.WriteString("created", created);
        json.WriteStartObject("config");
        json.WriteString("User", string.Create(CultureInfo.InvariantCulture, $"{AgentUser}:{AgentUser}"));
        json.WriteString("WorkingDir", StateFolder);
        json.WriteStartArray("Entrypoint");
        foreach (string word in (string[])[SystemdUnit.PackagedProgram, "agent", "run", "--config", "/etc/quern-agent/agent.json", "--state", StateFolder]) json.WriteStringValue(word);
        json.WriteEndArray();
        json.WriteStartObject("Volumes");
        json.WriteStartObject(StateFolder);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("rootfs");
        json.WriteString("type", "layers");
        json.WriteStartArray("diff_ids");
        foreach (string diff in diffs) json.WriteStringValue($"sha256:{diff}");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("history");
        foreach (string by in (string[])["base", "quern-agent"])
        {
            json.WriteStartObject();
            json.WriteString("created", created);
            json.WriteString("created_by", by);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteManifest(Utf8JsonWriter json, Blob config, Blob[] layers)
    {
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", "application/vnd.oci.image.manifest.v1+json");
        json.WriteStartObject("config");
        WriteDescriptor(json, config);
        json.WriteEndObject();
        json.WriteStartArray("layers");
        foreach (var layer in layers)
        {
            json.WriteStartObject();
            WriteDescriptor(json, layer);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteIndex(Utf8JsonWriter json, AgentBundle bundle, Blob manifest)
    {
        json.WriteNumber("schemaVersion", 2);
        json.WriteStartArray("manifests");
        json.WriteStartObject();
        WriteDescriptor(json, manifest);
        json.WriteStartObject("annotations");
        // A tag may not have the plus of a version.
        json.WriteString("org.opencontainers.image.ref.name", $"quern-agent:{bundle.FullVersion.Replace('+', '-')}");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteDescriptor(Utf8JsonWriter json, Blob blob)
    {
        json.WriteString("mediaType", blob.MediaType);
        json.WriteString("digest", $"sha256:{blob.Digest}");
        json.WriteNumber("size", blob.Bytes);
    }

    private static Blob JsonBlob(string mediaType, Action<Utf8JsonWriter> write)
    {
        byte[] bytes = Json(write);
        return new Blob(mediaType, Hex(SHA256.HashData(bytes)), bytes.Length, () => new MemoryStream(bytes, writable: false));
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
