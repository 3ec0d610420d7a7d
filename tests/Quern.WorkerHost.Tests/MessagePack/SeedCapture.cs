using System.Text.Json;
using Quern.Protocols.Buildbot;
using Quern.Testing;

namespace Quern.WorkerHost.Tests.MessagePack;

/// <summary>What a real master and a real worker of 3.5.0 said to each other; the first connection of a capture.</summary>
internal sealed class SeedCapture
{
    private readonly List<(bool FromMaster, WireValue.Map Message)> _messages = [];

    public SeedCapture(string scenario)
    {
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", "msgpack-3.5.0", scenario + ".decoded.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var entry = document.RootElement;
            if (entry.GetProperty("conn").GetInt32() != 1 || !entry.TryGetProperty("payload_hex", out var payload) || !entry.TryGetProperty("msg", out _)) continue;
            var reader = new MsgPackReader(Convert.FromHexString(payload.GetString()!), MsgPackLimits.Default);
            _messages.Add((entry.GetProperty("dir").GetString() == "m2w", (WireValue.Map)reader.ReadValue(depth: 1)));
        }
    }

    public IEnumerable<WireValue.Map> MasterRequests => _messages.Where(m => m.FromMaster && Operation(m.Message) != "response").Select(m => m.Message);

    public WireValue PasswordOfAuth => Auth["password"]!;

    public WireValue ResultOfAuth => Response(fromMaster: true, Auth)["result"]!;

    public bool WasRefused(WireValue.Map request) => Response(fromMaster: false, request)["is_exception"] is not null;

    public WireValue ResultOf(WireValue.Map request) => Response(fromMaster: false, request)["result"]!;

    /// <summary>What the real worker said of a command.</summary>
    public SeedCommand CommandOf(string id)
    {
        var command = new SeedCommand(id);
        foreach (var message in Said(id)) command.Take(message);
        return command;
    }

    /// <summary>What the real master answered to each read of a download.</summary>
    public IEnumerable<WireValue> ReadsOf(string id) =>
        Said(id).Where(m => Operation(m) == "update_read_file").Select(m => Response(fromMaster: true, m)["result"]!);

    /// <summary>Operations that the real master answered with an exception.</summary>
    public IEnumerable<(string Operation, string Text)> RefusalsOf(string id) =>
        from message in Said(id)
        let response = Response(fromMaster: true, message)
        where response["is_exception"] is not null
        select (Operation(message), ((WireValue.Text)response["result"]!).Value);

    public WireValue.Map? InterruptOf(string id) =>
        MasterRequests.FirstOrDefault(m => Operation(m) == "interrupt_command" && m["command_id"] == (WireValue)id);

    private WireValue.Map Auth => _messages.First(m => Operation(m.Message) == "auth").Message;

    private IEnumerable<WireValue.Map> Said(string id) =>
        _messages.Where(m => !m.FromMaster && m.Message["command_id"] == (WireValue)id).Select(m => m.Message);

    private WireValue.Map Response(bool fromMaster, WireValue.Map request) => _messages.First(
        m => m.FromMaster == fromMaster && Operation(m.Message) == "response" && m.Message["seq_number"] == request["seq_number"]).Message;

    private static string Operation(WireValue.Map message) => ((WireValue.Text)message["op"]!).Value;
}
