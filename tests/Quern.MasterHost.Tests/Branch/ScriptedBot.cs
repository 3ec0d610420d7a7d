using System.Globalization;
using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>
/// A build bot of one dialect as the specification has it, step by step. It reads frames as the old programs do and fails when two
/// arrive at once. Answers come back as their text, or as JSON text.
/// </summary>
internal sealed class ScriptedBot(BranchPeer peer, string dialect) : IAsyncDisposable
{
    public BranchPeer Peer { get; } = peer;

    /// <summary>Set where so many bots share this machine that one of them may look too late: then two frames were sent apart all the same.</summary>
    public bool MayLookLate { get; set; }

    public static TheoryData<string> Dialects => ["V1a", "V1b", "V2.0", "V2.1"];

    private bool IsOld => dialect[1] == '1';

    /// <summary>The payload of the last answer, parsed; null in V1 for a literal.</summary>
    public JsonNode? Last { get; private set; }

    /// <summary>Logs in, and describes itself where the dialect has words for it.</summary>
    public static async Task<ScriptedBot> ConnectAsync(BranchFarm farm, string dialect, string name = "bot1", string key = "hands", double rating = 0.512345)
    {
        var bot = new ScriptedBot(await farm.ConnectAsync(), dialect);
        if (bot.IsOld)
        {
            Assert.Equal("AUTH_OK", await bot.AskOldAsync($"AUTH {key}"));
            Assert.Equal("CMD_OK", await bot.AskOldAsync("SET_MACHINE_TYPE BUILD"));
            Assert.Equal("CMD_OK", await bot.AskOldAsync($"SET_MACHINE_NAME {name}"));
        }
        else
        {
            var answer = await bot.Peer.LogOnAsync(key, name, dialect == "V2.0" ? 0 : 1, "BUILD");
            Assert.Equal(200, (int)answer["statuscode"]!);
        }
        if (dialect != "V1a")
            Assert.Equal(bot.IsOld ? "CMD_OK" : "Machine information set", await bot.AskAsync("SET_MACHINE_INFORMATION", "SETMACHINEINFO", new JsonObject
            {
                ["Hostname"] = "build-7",
                ["Host Distribution"] = "AcaciaLinux",
                ["CPU count"] = 8,
                ["Performance Rating"] = rating,
            }));
        return bot;
    }

    /// <summary>The same, ready for its first job.</summary>
    public static async Task<ScriptedBot> ReadyAsync(BranchFarm farm, string dialect, string name = "bot1", double rating = 0.512345)
    {
        var bot = await ConnectAsync(farm, dialect, name, rating: rating);
        await bot.ReadyAsync();
        return bot;
    }

    public async Task ReadyAsync() => Assert.Equal(IsOld ? "CMD_OK" : "Ready signal acknowledged", await AskAsync("SIG_READY", "SIGREADY"));

    public async Task<JsonNode> DeploymentAsync()
    {
        string answer = await AskAsync("GET_DEPLOYMENT_CONFIG", "GETDEPLOYMENTCONFIG");
        return JsonNode.Parse(answer)!;
    }

    /// <summary>Waits for work, and says meanwhile that it lives.</summary>
    public async Task<(JsonNode Recipe, string Type)> OrderAsync()
    {
        while (true)
        {
            string frame = await ReadAsync();
            if (frame is "PING" or """{"command": "PING", "payload": ""}""")
            {
                await PongAsync();
                continue;
            }
            if (IsOld)
            {
                int blank = frame.IndexOf(' ', StringComparison.Ordinal);
                string type = frame[..blank] switch { "BUILD_PKG" => "RELEASE", "BUILD_PKG_CROSS" => "CROSS", var word => throw new InvalidDataException(word) };
                return (JsonNode.Parse(frame[(blank + 1)..])!, type);
            }
            var order = JsonNode.Parse(frame)!;
            Assert.Equal("BUILD", order["command"]!.ToString());
            return (order["payload"]!["pkgbuild"]!, order["payload"]!["buildtype"]!.ToString());
        }
    }

    /// <summary>Only the old master answers it.</summary>
    public async Task PongAsync()
    {
        if (IsOld) Assert.Equal("CMD_ACK", await AskOldAsync("PONG"));
        else await Peer.WriteAsync(BranchPeer.Frame("""{"command": "PONG", "payload": ""}"""));
    }

    public Task<string> StatusAsync(string status) => dialect == "V1a" ? AskOldAsync(status) : AskAsync("REPORT_STATUS_UPDATE", "REPORTSTATUSUPDATE", status);

    public async Task SayAsync(string status) => Assert.Equal(IsOld ? "STATUS_ACK" : "Job status updated.", await StatusAsync(status));

    public Task<string> LogAsync(params string[] lines) =>
        AskAsync("SUBMIT_LOG", dialect == "V2.1" ? "APPENDLOG" : "SUBMITLOG", new JsonArray([.. lines.Select(l => (JsonNode)l)]));

    public async Task<string> AnnounceAsync(int bytes) =>
        IsOld ? await AskOldAsync(string.Create(CultureInfo.InvariantCulture, $"FILE_TRANSFER_MODE {bytes}")) : await AskAsync("", "FILETRANSFERMODE", bytes);

    public async Task SendAsync(byte[] package)
    {
        Assert.Equal(IsOld ? "ACK_FILE_TRANSFER" : "File transfer setup completed.", await AnnounceAsync(package.Length));
        await Peer.WriteAsync(package);
        Assert.Equal(IsOld ? "UPLOAD_ACK" : "File transfer completed.", Take(await ReadAsync()));
    }

    public Task<string> SourceInfoAsync(string id) => AskAsync("EXTRA_SOURCE_INFO", "GETEXTRASOURCEINFO", id);

    public async Task<byte[]> FetchAsync(string id, int bytes)
    {
        await WriteAsync("FETCH_EXTRA_SOURCE", "FETCHEXTRASOURCE", id);
        return await Peer.ReadBytesAsync(bytes);
    }

    public Task<string> ReportAsync(string text) => AskAsync("REPORT_SYS_EVENT", "REPORTSYSEVENT", text);

    /// <summary>Builds what it is ordered to, in the words of its time, and is ready again.</summary>
    public async Task<JsonNode> BuildAsync(params string[] files)
    {
        var (recipe, _) = await OrderAsync();
        await SayAsync("JOB_ACCEPTED");
        await SayAsync("BUILD_ENV_READY");
        string done = IsOld ? "LOG_OK" : dialect == "V2.0" ? "Build log accepted." : "Build log update acknowleged.";
        Assert.Equal(done, await LogAsync("[leaf] ok", "make größer"));
        await SayAsync("BUILD_COMPLETE");
        await SendAsync(await LeafPackage.MakeAsync(recipe, files));
        await SayAsync(dialect switch { "V1a" => "BUILD_CLEAN", "V1b" => "BUILD_ENV_CLEAN", _ => "CLEANING_BUILD_ENV" });
        await ReadyAsync();
        return recipe;
    }

    public async Task<string> AskAsync(string old, string young, JsonNode? payload = null)
    {
        await WriteAsync(old, young, payload);
        return Take(await ReadAsync());
    }

    public async Task<string> AskOldAsync(string body)
    {
        await Peer.WriteAsync(BranchPeer.Frame(body));
        return await ReadAsync();
    }

    public ValueTask DisposeAsync() => Peer.DisposeAsync();

    private Task WriteAsync(string old, string young, JsonNode? payload)
    {
        string value = payload is null ? "" : payload is JsonValue v && v.TryGetValue(out string? text) ? text : payload.ToJsonString();
        string body = IsOld
            ? value.Length == 0 ? old : $"{old} {value}"
            : new JsonObject { ["command"] = young, ["payload"] = payload ?? "" }.ToJsonString();
        return Peer.WriteAsync(BranchPeer.Frame(body));
    }

    private string Take(string answer)
    {
        if (IsOld) return answer;
        Last = JsonNode.Parse(answer)!["payload"];
        return Last is JsonValue value && value.TryGetValue(out string? text) ? text : Last!.ToJsonString();
    }

    private async Task<string> ReadAsync()
    {
        string frame = await Peer.ReadAsync();
        Assert.False(Peer.SawTwoFramesAtOnce && !MayLookLate, "an old bot would hang now");
        return frame;
    }
}
