using System.Globalization;
using System.Text.Json;
using Quern.Protocols.Buildbot;

namespace Quern.Execution.Tests;

/// <summary>
/// The commands of a real master, from captures of MessagePack, run by our engine: keys and order of what it says, and the exit codes, are
/// those that the real worker sent.
/// </summary>
public sealed class GoldenSequenceTests : IAsyncDisposable
{
    private const string CapturedRoot = "/srv/farm/worker";

    private readonly EngineFixture _engine = new();

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory]
    [InlineData("msgpack/shell-ok")]
    [InlineData("msgpack/shell-rc3")]
    [InlineData("msgpack/shell-not-found")]
    [InlineData("msgpack/shell-timeout")]
    [InlineData("msgpack/shell-extras")]
    [InlineData("msgpack/fs")]
    [InlineData("msgpack/unicode")]
    [InlineData("msgpack/lines20k")]
    [InlineData("msgpack/longlines")]
    [InlineData("msgpack/idle-update")]
    [InlineData("msgpack/upload-file")]
    [InlineData("msgpack/upload-file-small")]
    [InlineData("msgpack/upload-dir")]
    [InlineData("msgpack/download-file")]
    [InlineData("msgpack/error-bad-env")]
    [InlineData("msgpack/error-bad-pty")]
    [InlineData("msgpack-4.3.0/shell-ok")]
    [InlineData("msgpack-4.3.0/shell-timeout")]
    [InlineData("msgpack-4.3.0/fs")]
    [InlineData("msgpack-4.3.0/upload-file-small")]
    [InlineData("msgpack-4.3.0/download-file")]
    [InlineData("msgpack-4.3.0/error-bad-env")]
    public async Task The_engine_says_what_the_real_worker_said(string capture)
    {
        var messages = Messages(capture);
        int compared = 0;
        foreach (var start in messages.Where(m => Text(m, "op") == "start_command"))
        {
            string id = Text(start, "command_id");
            var said = messages.Where(m => Text(m, "op") == "update" && Text(m, "command_id") == id)
                .SelectMany(m => m.GetProperty("args").EnumerateArray()).ToList();

            var channel = new RecordingChannel();
            await _engine.Start(Text(start, "command_name"), channel, Arguments(start)).Completion.WaitAsync(EngineFixture.Patience);

            bool ticks = start.GetProperty("args").TryGetProperty("maxTime", out var limit) && limit.ValueKind == JsonValueKind.Number;
            Assert.Equal(WithoutRace(said.Select(Key), ticks), WithoutRace(channel.Sequence.Split(' '), ticks));
            Assert.Equal(
                said.Where(e => e[0].GetString() == "rc").Select(e => (int?)e[1].GetInt32()).LastOrDefault(), channel.ReturnCode);
            compared++;
        }
        Assert.True(compared > 2, "The capture holds no command of a step.");   // two are the attaching's own
    }

    private (string, WireValue)[] Arguments(JsonElement start) =>
        [.. start.GetProperty("args").EnumerateObject().Select(p => (p.Name, Value(p.Value)))];

    private WireValue Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => WireValue.Nil.Value,
        JsonValueKind.True or JsonValueKind.False => element.GetBoolean(),
        JsonValueKind.Number => element.GetInt64(),
        JsonValueKind.String => element.GetString()!.Replace(CapturedRoot, _engine.Root, StringComparison.Ordinal),
        JsonValueKind.Array => new WireValue.List([.. element.EnumerateArray().Select(Value)]),
        _ when element.TryGetProperty("float", out var number) => double.Parse(number.GetString()!, CultureInfo.InvariantCulture),
        _ => new WireValue.Map([.. element.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Value(p.Value)))]),
    };

    private static string Key(JsonElement entry)
    {
        string key = entry[0].GetString()!;
        return key == BuildbotNames.Log ? $"log:{entry[1][0].GetString()}" : key;
    }

    /// <summary>Neighbours of one key are one; which of two streams is read first is chance, in both workers.</summary>
    /// <param name="ticks">
    /// The command says something every second until its time is over: whether it says it once more in the second of its end is chance too.
    /// </param>
    private static string WithoutRace(IEnumerable<string> sequence, bool ticks)
    {
        var keys = new List<string>();
        foreach (string key in sequence.Select(k => k is "stdout" or "stderr" ? "output" : k))
            if (keys.Count == 0 || (keys[^1] != key && !(ticks && key == "output" && keys.Contains(key)))) keys.Add(key);
        return string.Join(' ', keys);
    }

    private static string Text(JsonElement message, string key) =>
        message.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static List<JsonElement> Messages(string capture)
    {
        var messages = new List<JsonElement>();
        foreach (string line in File.ReadLines(Path.Combine(Root(), "tests", "golden", capture + ".decoded.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.TryGetProperty("msg", out var message)) messages.Add(message.Clone());
        }
        return messages;
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Quern.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
