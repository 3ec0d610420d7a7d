using System.Text.Json;

namespace Quern.Protocols.Buildbot.Tests;

/// <summary>The recorded conversations of real peers under <c>tests/golden</c>, joined to streams.</summary>
internal static class Captures
{
    private static readonly Lazy<IReadOnlyList<CapturedStream>> Loaded = new(LoadAll);

    public static IReadOnlyList<CapturedStream> Streams => Loaded.Value;

    /// <summary>Payloads of all complete binary messages, each once.</summary>
    public static IReadOnlyList<byte[]> Payloads { get; } =
        [.. Streams.SelectMany(stream => stream.Payloads()).DistinctBy(Convert.ToHexString)];

    private static List<CapturedStream> LoadAll()
    {
        var streams = new List<CapturedStream>();
        foreach (string folder in (string[])["msgpack", "msgpack-4.3.0"])
        {
            foreach (string file in Directory.GetFiles(Path.Combine(Root(), "tests", "golden", folder), "*.jsonl").Order())
                if (!file.EndsWith(".decoded.jsonl", StringComparison.Ordinal)) streams.AddRange(Load(folder, file));
        }

        return streams;
    }

    /// <summary>Captures with cut chunks hold no whole stream and are left out.</summary>
    private static List<CapturedStream> Load(string folder, string file)
    {
        var joined = new SortedDictionary<(int Connection, string Direction), MemoryStream>();
        foreach (string line in File.ReadLines(file))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement chunk = document.RootElement;
            if (chunk.TryGetProperty("cut", out _)) return [];
            var key = (chunk.GetProperty("conn").GetInt32(), chunk.GetProperty("dir").GetString()!);
            if (!joined.TryGetValue(key, out MemoryStream? bytes)) joined.Add(key, bytes = new MemoryStream());
            bytes.Write(Convert.FromHexString(chunk.GetProperty("hex").GetString()!));
        }

        string scenario = $"{folder}/{Path.GetFileNameWithoutExtension(file)}";
        return [.. joined.Where(pair => pair.Value.Length > 0).Select(pair => new CapturedStream(
            $"{scenario} {pair.Key.Connection} {pair.Key.Direction}", pair.Key.Direction == "w2m", pair.Value.ToArray()))];
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Quern.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
