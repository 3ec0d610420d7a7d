using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Quern.Protocols.Branch;
using Quern.Testing;

namespace Quern.WorkerHost.Tests.Branch;

/// <summary>Every captured exchange of a bot, both ways over TCP: what the bot sends is the capture's frame, and the capture's answer is understood.</summary>
public sealed class GoldenBotTests : IAsyncLifetime
{
    private static readonly string[] Refusals =
    [
        "NO_JOB", "INV_CMD", "BYTE_COUNT_ERR", "INV_EXTRA_SOURCE", "\"statuscode\": 400", "\"statuscode\": 500",
    ];

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private TcpClient _client = null!, _master = null!;
    private BranchWire _wire = null!;

    public static TheoryData<string, string, string> Exchanges
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (string file in (string[])["v1-bot.jsonl", "v2-bot.jsonl"])
                foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests/golden/branch", file)))
                {
                    using var exchange = JsonDocument.Parse(line);
                    var e = exchange.RootElement;
                    // Frames of a bot that stand as it writes them and have an answer in a frame; not those that lack what they need, and words of controllers.
                    if (Text(e, "role") == "bot" && Text(e, "style") == "python" && Text(e, "send") is { } send && Text(e, "answer") is { } answer &&
                        !e.TryGetProperty("raw", out _) && RequestOf(file[..2], send) is not (BranchRequest.Unknown or BranchRequest.Malformed))
                        data.Add(file[..2], send, answer);
                }
            return data;
        }
    }

    public async ValueTask InitializeAsync()
    {
        _listener.Start();
        _client = new TcpClient();
        await _client.ConnectAsync((IPEndPoint)_listener.LocalEndpoint);
        _master = await _listener.AcceptTcpClientAsync();
        _wire = new BranchWire(_client.GetStream(), new BotLimits(), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _wire.DisposeAsync();
        _master.Dispose();
        _client.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public void There_are_captures() => Assert.InRange(Exchanges.Count, 25, 100);

    [Theory, MemberData(nameof(Exchanges))]
    public async Task A_captured_exchange_is_had_again(string file, string send, string answer)
    {
        var dialect = file == "v1" ? BranchDialect.V1 : BranchDialect.V2;
        _wire.Speak(dialect);

        var asking = new BotTalk(_wire, dialect, new BotLimits()).AskAsync(RequestOf(file, send), CancellationToken.None);
        byte[] heard = new byte[Encoding.UTF8.GetByteCount(send)];
        await _master.GetStream().ReadExactlyAsync(heard).AsTask().WaitAsync(ScriptedMaster.Patience);
        await _master.GetStream().WriteAsync(Encoding.UTF8.GetBytes(answer));
        var said = await asking.WaitAsync(ScriptedMaster.Patience);

        Assert.Equal(send, Encoding.UTF8.GetString(heard));
        Assert.Equal(!Refusals.Any(r => answer.Contains(r, StringComparison.Ordinal)), said.IsDone);
        Assert.NotNull(said.Data);
    }

    private static BranchRequest RequestOf(string file, string frame)
    {
        byte[] body = Encoding.UTF8.GetBytes(frame[(frame.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        BranchRequest? request;
        Assert.True(file == "v1" ? BranchV1.TryReadRequest(body, BranchRole.Bot, out request) : BranchV2.TryReadRequest(body, BranchRole.Bot, out request));
        return request!;
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
