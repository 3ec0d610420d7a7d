using System.Buffers;
using System.Text;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost.Tests.MessagePack;

/// <summary>What a master of revision v1 hears of one command.</summary>
internal sealed class SeedCommand(string id)
{
    private static readonly WireValue Nil = WireValue.Nil.Value;

    private readonly List<string> _keys = [];
    private readonly Dictionary<string, StringBuilder> _texts = [];
    private readonly ArrayBufferWriter<byte> _written = new();

    public string Id => id;

    /// <summary>What reads are answered with, in turn; afterwards nothing.</summary>
    public Queue<WireValue> Blocks { get; } = new();

    /// <summary>What any other operation is answered with, by its name, when it is not nil.</summary>
    public Dictionary<string, string> Refusals { get; } = [];

    public bool IsComplete { get; private set; }

    /// <summary>The argument of <c>complete</c>.</summary>
    public string? Failure { get; private set; }

    public long? ReturnCode { get; private set; }

    public WireValue.List? Files { get; private set; }

    public WireValue.List? Stat { get; private set; }

    public (double Accessed, double Modified)? Times { get; private set; }

    /// <summary>What was uploaded.</summary>
    public byte[] Written => _written.WrittenSpan.ToArray();

    /// <summary>Keys of updates and names of other operations without <c>update_</c>; neighbours of one key once.</summary>
    public string Sequence => string.Join(' ', _keys);

    /// <summary>The operations among them, in order.</summary>
    public string Calls { get; private set; } = "";

    /// <summary>The keys of updates, each once, by the alphabet: text is gathered, so it may come after what was said later.</summary>
    public string Keys { get; private set; } = "";

    /// <summary>The text of a stream; of a log file by <c>log NAME</c>.</summary>
    public string this[string stream] => _texts.TryGetValue(stream, out var text) ? text.ToString() : "";

    /// <summary>One request of the worker; answers what to respond.</summary>
    public (WireValue Answer, bool IsException) Take(WireValue.Map message)
    {
        Assert.False(IsComplete, "Something came after complete.");
        string operation = ((WireValue.Text)message["op"]!).Value;
        if (operation != "update" && !Calls.EndsWith(operation, StringComparison.Ordinal)) Calls = $"{Calls} {operation}".Trim();
        switch (operation)
        {
            case "update":
                foreach (var pair in Assert.IsType<WireValue.List>(message["args"]).Items) Update(Assert.IsType<WireValue.List>(pair));
                break;
            case "complete":
                Note("complete");
                IsComplete = true;
                Failure = (message["args"] as WireValue.Text)?.Value;
                if (Failure is null) Assert.Equal(Nil, message["args"]);
                break;
            case "update_upload_file_write" or "update_upload_directory_write":
                Note(operation["update_".Length..]);
                _written.Write(Assert.IsType<WireValue.Binary>(message["args"]).Value.Span);
                break;
            case "update_upload_file_utime":
                Note("upload_file_utime");
                Times = (((WireValue.Float)message["access_time"]!).Value, ((WireValue.Float)message["modified_time"]!).Value);
                break;
            case "update_read_file":
                Note("read_file");
                Assert.InRange(Assert.IsType<WireValue.Integer>(message["length"]).Value, 1, long.MaxValue);
                return (Blocks.TryDequeue(out var block) ? block : Nil, false);
            default:
                Note(operation["update_".Length..]);
                break;
        }
        return Refusals.TryGetValue(operation, out string? refusal) ? (refusal, true) : (Nil, false);
    }

    private void Update(WireValue.List pair)
    {
        Assert.Equal(2, pair.Items.Length);
        Assert.Equal((WireValue)0L, pair.Items[1]);
        foreach (var (key, value) in Assert.IsType<WireValue.Map>(pair.Items[0]).Entries)
        {
            Note(key);
            Keys = string.Join(' ', Keys.Split(' ', StringSplitOptions.RemoveEmptyEntries).Append(key).Distinct().Order(StringComparer.Ordinal));
            switch (key)
            {
                case "rc": ReturnCode = ((WireValue.Integer)value).Value; break;
                case "files": Files = (WireValue.List)value; break;
                case "stat": Stat = (WireValue.List)value; break;
                case "elapsed": Assert.InRange(((WireValue.Float)value).Value, 0, 600); break;
                case "log": Append($"log {((WireValue.Text)((WireValue.List)value).Items[0]).Value}", ((WireValue.List)value).Items[1]); break;
                default: Append(key, value); break;
            }
        }
    }

    private void Append(string stream, WireValue text)
    {
        if (!_texts.TryGetValue(stream, out var builder)) _texts.Add(stream, builder = new StringBuilder());
        builder.Append(((WireValue.Text)text).Value);
    }

    private void Note(string key)
    {
        if (_keys.Count == 0 || _keys[^1] != key) _keys.Add(key);
    }
}
