using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost.Tests.Perspective;

/// <summary>What a real master and a real worker said to each other, from the readable form of a capture under <c>tests/golden</c>.</summary>
internal sealed class CapturedConversation
{
    private readonly List<(bool FromMaster, JsonElement Message)> _messages = [];

    /// <param name="capture">Folder and scenario, such as <c>pb/fs</c>. Its first connection is taken.</param>
    public CapturedConversation(string capture)
    {
        foreach (string line in File.ReadLines(Path.Combine(Root(), "tests", "golden", capture + ".decoded.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var entry = document.RootElement;
            if (entry.GetProperty("conn").GetInt32() == 1 && entry.TryGetProperty("pb", out var message))
                _messages.Add((entry.GetProperty("dir").GetString() == "m2w", message.Clone()));
        }
    }

    /// <summary>The master's calls of the worker's objects, in order.</summary>
    public IEnumerable<JsonElement> MasterCalls =>
        _messages.Where(m => m.FromMaster && Kind(m.Message) == "message").Select(m => m.Message);

    /// <summary>The worker's answer to a call of the master was an error.</summary>
    public bool WasRefused(JsonElement call) => _messages.Any(m =>
        !m.FromMaster && Kind(m.Message) == "error" && m.Message.GetProperty("req").GetInt64() == call.GetProperty("req").GetInt64());

    /// <summary>What the worker called on an object of the master, as <see cref="RecordingObject.Sequence"/> tells it.</summary>
    public string SequenceOf(long id)
    {
        var keys = new List<string>();
        foreach (var call in WorkerCalls(id))
        {
            foreach (string key in KeysOf(call))
                if (keys.Count == 0 || keys[^1] != key) keys.Add(key);
        }
        return string.Join(' ', keys);
    }

    public long? ReturnCodeOf(long id) => WorkerCalls(id).Where(c => c.GetProperty("method").GetString() == "update")
        .SelectMany(Updates).Where(u => u.Key == "rc").Select(u => (long?)u.Value.GetInt64()).LastOrDefault();

    /// <summary>Lengths of the blocks that the master answered to reads of an object.</summary>
    public IEnumerable<int> ReadsOf(long id)
    {
        foreach (var read in WorkerCalls(id).Where(c => c.GetProperty("method").GetString() == "read"))
        {
            long request = read.GetProperty("req").GetInt64();
            var answer = _messages.First(m => m.FromMaster && Kind(m.Message) == "answer" && m.Message.GetProperty("req").GetInt64() == request);
            yield return Length(answer.Message.GetProperty("value"));
        }
    }

    /// <summary>Lengths of the blocks that the worker wrote to an object.</summary>
    public IEnumerable<int> WritesOf(long id) => WorkerCalls(id).Where(c => c.GetProperty("method").GetString() == "write")
        .Select(c => Length(c.GetProperty("args").GetProperty("tuple")[0]));

    /// <summary>A value of the readable form; a reference becomes whatever <paramref name="reference"/> makes of its id.</summary>
    public static JellyValue Value(JsonElement element, Func<long, JellyValue> reference) => element.ValueKind switch
    {
        JsonValueKind.Null => JellyValue.None.Value,
        JsonValueKind.True or JsonValueKind.False => element.GetBoolean(),
        JsonValueKind.Number => element.GetInt64(),
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.Array => new JellyValue.List([.. element.EnumerateArray().Select(e => Value(e, reference))]),
        _ => Tagged(element, reference),
    };

    private static JellyValue Tagged(JsonElement element, Func<long, JellyValue> reference)
    {
        if (element.TryGetProperty("remote", out var id)) return reference(id.GetInt64());
        if (element.TryGetProperty("tuple", out var tuple)) return new JellyValue.Tuple([.. tuple.EnumerateArray().Select(e => Value(e, reference))]);
        if (element.TryGetProperty("float", out var number)) return double.Parse(number.GetString()!, CultureInfo.InvariantCulture);
        if (element.TryGetProperty("bytes", out var bytes))
            return bytes.ValueKind == JsonValueKind.String ? JellyValue.Bytes.Of(bytes.GetString()!) : new JellyValue.Bytes(Convert.FromHexString(bytes.GetProperty("hex").GetString()!));
        if (element.TryGetProperty("dict_items", out var items))
            return new JellyValue.Dictionary([.. items.EnumerateArray().Select(i => KeyValuePair.Create(Value(i[0], reference), Value(i[1], reference)))]);
        return new JellyValue.Dictionary(
            [.. element.EnumerateObject().Select(p => KeyValuePair.Create((JellyValue)JellyValue.Text.Of(p.Name), Value(p.Value, reference)))]);
    }

    private IEnumerable<JsonElement> WorkerCalls(long id) => _messages
        .Where(m => !m.FromMaster && Kind(m.Message) == "message" && m.Message.GetProperty("obj") is { ValueKind: JsonValueKind.Number } target && target.GetInt64() == id)
        .Select(m => m.Message);

    private static IEnumerable<string> KeysOf(JsonElement call)
    {
        string method = call.GetProperty("method").GetString()!;
        return method == "update" ? Updates(call).Select(u => u.Key) : [method];
    }

    private static IEnumerable<(string Key, JsonElement Value)> Updates(JsonElement call)
    {
        foreach (var update in call.GetProperty("args").GetProperty("tuple")[0].EnumerateArray())
        {
            var said = update[0];
            if (said.TryGetProperty("dict_items", out var items))
                foreach (var item in items.EnumerateArray()) yield return (item[0].GetProperty("bytes").GetString()!, item[1]);
            else
                foreach (var property in said.EnumerateObject()) yield return (property.Name, property.Value);
        }
    }

    private static int Length(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String) return Encoding.UTF8.GetByteCount(value.GetString()!);
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("bytes", out var bytes))
        {
            if (bytes.ValueKind == JsonValueKind.String) return Encoding.UTF8.GetByteCount(bytes.GetString()!);
            return bytes.TryGetProperty("len", out var length) ? length.GetInt32() : bytes.GetProperty("hex").GetString()!.Length / 2;
        }
        return value.ValueKind == JsonValueKind.Object && value.TryGetProperty("len", out var whole) ? whole.GetInt32() : 0;
    }

    private static string Kind(JsonElement message) => message.GetProperty("kind").GetString()!;

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Quern.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
