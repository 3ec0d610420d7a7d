using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Quern.Testing;

/// <summary>
/// A peer of the Branch protocol that knows nothing of Quern's codecs: it writes the bytes it is told to and reads frames as the
/// original programs do, so that what a test expects is what they would see.
/// </summary>
public sealed class BranchPeer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpClient _tcp = new();
    private readonly List<byte> _unread = [];
    private NetworkStream _stream = null!;

    /// <summary>Whether the last frame came with bytes of another in one read: an old Python peer would hang on that.</summary>
    public bool SawTwoFramesAtOnce { get; private set; }

    public static async Task<BranchPeer> ConnectAsync(IPEndPoint endPoint)
    {
        var peer = new BranchPeer();
        peer._tcp.NoDelay = true;
        await peer._tcp.ConnectAsync(endPoint);
        peer._stream = peer._tcp.GetStream();
        return peer;
    }

    public Socket Socket => _tcp.Client;

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        using var deadline = new CancellationTokenSource(Patience);
        await _stream.WriteAsync(bytes, deadline.Token);
    }

    public Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    public static string Frame(string body) => string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(body)} {body}");

    /// <summary>Sends a body in one write and reads the answer's.</summary>
    public async Task<string> AskAsync(string body)
    {
        await WriteAsync(Frame(body));
        return await ReadAsync();
    }

    /// <summary>The same for V2.</summary>
    public async Task<JsonObject> AskAsync(string command, JsonNode? payload)
    {
        string body = new JsonObject { ["command"] = command, ["payload"] = payload }.ToJsonString();
        return JsonNode.Parse(await AskAsync(body))!.AsObject();
    }

    /// <summary>Reads one frame and answers its body; everything must be ASCII.</summary>
    public async Task<string> ReadAsync()
    {
        int blank;
        while ((blank = _unread.IndexOf((byte)' ')) < 0) await FillAsync();
        int count = int.Parse(Encoding.ASCII.GetString([.. _unread[..blank]]), NumberStyles.None, CultureInfo.InvariantCulture);
        while (_unread.Count < blank + 1 + count) await FillAsync();
        byte[] body = [.. _unread[(blank + 1)..(blank + 1 + count)]];
        _unread.RemoveRange(0, blank + 1 + count);
        SawTwoFramesAtOnce = _unread.Count > 0;
        if (body.FirstOrDefault(b => b is < 0x20 or > 0x7e) is not 0 and var odd) throw new InvalidDataException($"The master sent the byte {odd:x2}, which is no printable ASCII.");
        return Encoding.ASCII.GetString(body);
    }

    /// <summary>Reads bytes that stand in no frame.</summary>
    public async Task<byte[]> ReadBytesAsync(int count)
    {
        while (_unread.Count < count) await FillAsync();
        byte[] bytes = [.. _unread[..count]];
        _unread.RemoveRange(0, count);
        return bytes;
    }

    /// <summary>Whether something arrives within a time in which it must not.</summary>
    public async Task<bool> IsSilentAsync(TimeSpan span)
    {
        if (_unread.Count > 0) return false;
        using var over = new CancellationTokenSource(span);
        try
        {
            await FillAsync(over.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    /// <summary>Waits for the master to close; fails when it sends something instead.</summary>
    public async Task ExpectCloseAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        byte[] buffer = new byte[64];
        try
        {
            int read = await _stream.ReadAsync(buffer, deadline.Token);
            if (read > 0) throw new InvalidDataException($"The master sent '{Encoding.ASCII.GetString(buffer, 0, read)}' and should have closed.");
        }
        catch (IOException)
        {
            // A reset is a close as well.
        }
    }

    /// <summary>V2: logs in as a controller.</summary>
    public async Task<JsonObject> LogOnAsync(string key = "default", string name = "dev1", int version = 1, string type = "CONTROLLER") =>
        await AskAsync("AUTH", new JsonObject { ["machine_identifier"] = name, ["machine_type"] = type, ["machine_authkey"] = key, ["machine_version"] = version });

    /// <summary>V1: logs in as a controller.</summary>
    public async Task LogOnV1Async(string key = "default", string name = "dev1")
    {
        string[] answers = [await AskAsync($"AUTH {key}"), await AskAsync("SET_MACHINE_TYPE CONTROLLER"), await AskAsync($"SET_MACHINE_NAME {name}")];
        if (!answers.SequenceEqual(["AUTH_OK", "CMD_OK", "CMD_OK"])) throw new InvalidDataException($"The login was answered {string.Join(", ", answers)}.");
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task FillAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        await FillAsync(deadline.Token);
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[64 * 1024];
        int read = await _stream.ReadAsync(buffer, cancellationToken);
        if (read == 0) throw new EndOfStreamException("The master closed the connection.");
        _unread.AddRange(buffer.AsSpan(0, read));
    }
}
