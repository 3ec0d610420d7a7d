using System.Text.Json;
using Quern.Testing;

namespace Quern.Protocols.Perspective.Golden;

/// <summary>The recorded conversations of real peers under <c>tests/golden</c>, joined to streams.</summary>
internal static class Captures
{
    public static IReadOnlyList<string> Folders { get; } = ["pb", "pb-4.3.0", "pb-0.8.14", "pb-master-0.8.14", "pb-slave-0.8.14"];

    public static IReadOnlyList<CapturedStream> Streams { get; } = LoadAll();

    /// <summary>All messages after the negotiation, each once.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Messages { get; } =
        [.. Streams.SelectMany(s => s.Elements().Skip(1)).DistinctBy(m => Convert.ToHexString(m.Span))];

    private static List<CapturedStream> LoadAll()
    {
        var streams = new List<CapturedStream>();
        foreach (string folder in Folders)
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
