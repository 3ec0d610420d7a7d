using System.Text.Json;
using Quern.Testing;

namespace Quern.Protocols.Buildbot.Tests;

/// <summary>The recorded conversations of real peers under <c>tests/golden</c>, joined to streams.</summary>
internal static class Captures
{
    private static readonly Lazy<IReadOnlyList<CapturedStream>> Loaded = new(() => LoadAll("msgpack", "msgpack-4.3.0"));
    private static readonly Lazy<IReadOnlyList<CapturedStream>> LoadedV1 = new(() => LoadAll("msgpack-3.5.0"));

    /// <summary>Of revision v7.</summary>
    public static IReadOnlyList<CapturedStream> Streams => Loaded.Value;

    public static IReadOnlyList<CapturedStream> V1Streams => LoadedV1.Value;

    /// <summary>Payloads of all complete binary messages, each once.</summary>
    public static IReadOnlyList<byte[]> Payloads { get; } =
        [.. Streams.SelectMany(stream => stream.Payloads()).DistinctBy(Convert.ToHexString)];

    public static IReadOnlyList<byte[]> V1Payloads { get; } =
        [.. V1Streams.SelectMany(stream => stream.Payloads()).DistinctBy(Convert.ToHexString)];

    private static List<CapturedStream> LoadAll(params string[] folders)
    {
        var streams = new List<CapturedStream>();
        foreach (string folder in folders)
        {
            foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "tests", "golden", folder), "*.jsonl").Order())
                if (!file.EndsWith(".decoded.jsonl", StringComparison.Ordinal)) streams.AddRange(Load(folder, file));
        }

        return streams;
    }

    private static List<CapturedStream> Load(string folder, string file)
    {
        var joined = new SortedDictionary<(int Connection, string Direction), MemoryStream>();
        foreach (string line in File.ReadLines(file))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement chunk = document.RootElement;
            var key = (chunk.GetProperty("conn").GetInt32(), chunk.GetProperty("dir").GetString()!);
            if (!joined.TryGetValue(key, out MemoryStream? bytes)) joined.Add(key, bytes = new MemoryStream());
            bytes.Write(CapturedChunk.BytesOf(chunk));
        }

        string scenario = $"{folder}/{Path.GetFileNameWithoutExtension(file)}";
        return [.. joined.Where(pair => pair.Value.Length > 0).Select(pair => new CapturedStream(
            $"{scenario} {pair.Key.Connection} {pair.Key.Direction}", pair.Key.Direction == "w2m", pair.Value.ToArray()))];
    }
}
