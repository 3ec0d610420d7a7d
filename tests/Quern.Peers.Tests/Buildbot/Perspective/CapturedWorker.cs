using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Quern.Testing;

namespace Quern.Peers.Tests.Buildbot.Perspective;

/// <summary>
/// Plays a real worker's side of a capture, byte for byte: wherever the real master said something, it waits until this one has
/// said as many things.
/// </summary>
internal static class CapturedWorker
{
    /// <summary>The file of the captures <c>upload-file</c>: 1 MiB of one line.</summary>
    public static byte[] BigFile { get; } = [.. Enumerable.Repeat("0123456789abcdef\n"u8.ToArray(), 65536).SelectMany(line => line).Take(1024 * 1024)];

    public static async Task PlayAsync(IPEndPoint master, string capture)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(master);
        NetworkStream stream = client.GetStream();
        using var late = new CancellationTokenSource(TestGate.Patience);
        var said = new MemoryStream();
        int waited = 0;
        foreach (string line in await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "tests", "golden", capture + ".jsonl"), late.Token))
        {
            using JsonDocument chunk = JsonDocument.Parse(line);
            byte[] bytes = CapturedChunk.BytesOf(chunk.RootElement);
            if (chunk.RootElement.GetProperty("dir").GetString() == "w2m")
            {
                await stream.WriteAsync(bytes, late.Token);
                continue;
            }

            said.Position = said.Length;
            said.Write(bytes);
            for (int all = await CountAsync(said, late.Token); waited < all; waited++) await Banana.ReadAsync(stream, late.Token);
        }
    }

    /// <summary>The tars that a capture's worker wrote, unpacked from gzip where they were packed.</summary>
    public static async Task<byte[][]> TarsOfAsync(string capture)
    {
        var said = new MemoryStream();
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", capture + ".jsonl")))
        {
            using JsonDocument chunk = JsonDocument.Parse(line);
            if (chunk.RootElement.GetProperty("dir").GetString() == "w2m") said.Write(CapturedChunk.BytesOf(chunk.RootElement));
        }
        said.Position = 0;
        var writers = new Dictionary<long, MemoryStream>();
        while (said.Position < said.Length)
        {
            if (await Banana.ReadAsync(said, default) is not object[] { Length: 7 } call || Banana.TextOf(call[3]) != "write") continue;
            if (!writers.TryGetValue((long)call[2], out MemoryStream? tar)) writers.Add((long)call[2], tar = new MemoryStream());
            tar.Write((byte[])((object[])call[5])[1]);
        }
        return [.. writers.Values.Select(tar => Plain(tar.ToArray()))];
    }

    private static byte[] Plain(byte[] tar)
    {
        if (tar is not [0x1f, 0x8b, ..]) return tar;
        using var plain = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(tar), CompressionMode.Decompress)) gzip.CopyTo(plain);
        return plain.ToArray();
    }

    /// <summary>How many whole elements there are.</summary>
    private static async Task<int> CountAsync(MemoryStream said, CancellationToken stop)
    {
        said.Position = 0;
        int count = 0;
        try
        {
            for (; said.Position < said.Length; count++) await Banana.ReadAsync(said, stop);
        }
        catch (EndOfStreamException)
        {
            // The last one goes on in the next chunk.
        }

        return count;
    }
}
