using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Quern.WorkerHost.Tests.Branch;

/// <summary>The master's end of one connection: frames as text, byte for byte.</summary>
internal sealed class MasterConversation(TcpClient client) : IDisposable
{
    private readonly NetworkStream _stream = client.GetStream();

    /// <summary>The next frame with its count, as it stands on the wire; null when the bot has closed.</summary>
    public async Task<string?> ReadAsync()
    {
        var count = new StringBuilder();
        byte[] one = new byte[1];
        while (true)
        {
            if (await _stream.ReadAsync(one).AsTask().WaitAsync(ScriptedMaster.Patience) == 0) return null;
            if (one[0] == ' ') break;
            count.Append((char)one[0]);
        }
        byte[] body = await ReadBytesAsync(int.Parse(count.ToString(), NumberStyles.None, CultureInfo.InvariantCulture));
        return $"{count} {Encoding.UTF8.GetString(body)}";
    }

    public async Task<byte[]> ReadBytesAsync(int count)
    {
        byte[] bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(ScriptedMaster.Patience);
        return bytes;
    }

    /// <summary>Reads a frame, which must be this one, and answers with another.</summary>
    public async Task ExpectAsync(string frame, string? answer)
    {
        Assert.Equal(frame, await ReadAsync());
        if (answer is not null) await SendAsync(answer);
    }

    /// <summary>Writes bytes as they are.</summary>
    public Task SendAsync(string bytes) => SendAsync(Encoding.UTF8.GetBytes(bytes));

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes).AsTask().WaitAsync(ScriptedMaster.Patience);

    public static string Frame(string body) => string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(body)} {body}");

    public void Dispose() => client.Dispose();
}
