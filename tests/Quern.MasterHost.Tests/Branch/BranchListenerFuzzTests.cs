using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>
/// Requests under <c>tests/golden/branch</c>, changed a little, at a whole master over TCP: by clients that are logged in, and in frames
/// whose count is right, so that what they ask reaches the store. Nobody else notices, and the master never fails on one.
/// </summary>
[Trait("Speed", "Slow")]
public sealed class BranchListenerFuzzTests(ITestOutputHelper output)
{
    private static readonly byte[][] Telling =
    [
        .. new[] { "{", "}", "[", "]", "\"", "\\u0000", ":", " ", "null", "-1", "1e999", "../", "é", "zlib" }.Select(Encoding.UTF8.GetBytes),
        [0x00], [0xc3], [0xff],
    ];

    private static int Count => Environment.GetEnvironmentVariable("QUERN_NIGHTLY") == "1" ? 100_000 : 1_500;

    [Theory]
    [InlineData("v1-controller")]
    [InlineData("v1-bot")]
    [InlineData("v2-controller")]
    [InlineData("v2-bot")]
    public async Task Changed_requests_fail_nothing_and_others_are_served(string file)
    {
        int seed = MutationFuzz.Seed;
        output.WriteLine($"QUERN_SEED={seed}, {Count} requests");
        await using var farm = await BranchFarm.StartAsync(alter: o => o with { RefusalDelay = TimeSpan.Zero, MaxSourceBytes = 1 << 20, MaxPackageBytes = 1 << 20 });
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("spared"), BranchFarm.Recipe("needs-it", ["spared"]));
        var fuzz = new MutationFuzz(Requests(file), Telling);

        string role = file.EndsWith("bot", StringComparison.Ordinal) ? "bot" : "controller";
        // V2 closes the connection on what is no packet, V1 has an answer to everything.
        bool old = file[1] == '1';
        int answered = 0;
        foreach (byte[][] bodies in fuzz.Inputs(seed).Where(b => b.Length > 0).Take(Count).Chunk(old ? 50 : 1))
        {
            var visit = new Visit(await LogOnAsync(farm, old, role));
            foreach (byte[] body in bodies)
                if (!await visit.SendAsync(body)) break;
            if (await visit.EndAsync() > 0) answered++;
        }

        output.WriteLine($"{answered} visits had an answer");
        Assert.True(answered > Count / 200, $"only {answered} visits had an answer");
        Assert.Contains("needs-it", (await dev.DependersAsync("spared")).ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("", string.Join('\n', (await farm.EventsAsync("client.failed")).Select(e => e.Data)));
    }

    private static IEnumerable<byte[]> Requests(string file)
    {
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", "branch", file + ".jsonl")))
        {
            if (JsonNode.Parse(line)!["send"]?.ToString() is not { } frame || JsonNode.Parse(line)!["role"]?.ToString() == "stranger") continue;
            int blank = frame.IndexOf(' ', StringComparison.Ordinal);
            if (blank > 0 && int.TryParse(frame[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out _)) yield return Encoding.UTF8.GetBytes(frame[(blank + 1)..]);
        }
    }

    private static async Task<BranchPeer> LogOnAsync(BranchFarm farm, bool old, string role)
    {
        if (role == "bot") return (await ScriptedBot.ConnectAsync(farm, old ? "V1b" : "V2.1")).Peer;
        return old ? await farm.V1Async() : await farm.V2Async();
    }

    /// <summary>One connection, whose answers are read as they come and looked at no further.</summary>
    private sealed class Visit
    {
        private readonly BranchPeer _peer;
        private readonly Task<int> _reading;

        public Visit(BranchPeer peer) => (_peer, _reading) = (peer, ReadAsync(peer.Socket));

        /// <summary>False once the master has closed it.</summary>
        public async Task<bool> SendAsync(byte[] body)
        {
            if (_reading.IsCompleted) return false;
            try
            {
                await _peer.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(body.Length.ToString(CultureInfo.InvariantCulture) + " "), .. body]);
                return true;
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                return false;
            }
        }

        /// <summary>How many bytes the master sent.</summary>
        public async Task<int> EndAsync()
        {
            try
            {
                _peer.Socket.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // It is closed already.
            }
            int read = await _reading;
            await _peer.DisposeAsync();
            return read;
        }

        private static async Task<int> ReadAsync(Socket socket)
        {
            byte[] buffer = new byte[64 * 1024];
            int all = 0;
            try
            {
                for (int read; (read = await socket.ReceiveAsync(buffer)) > 0; all += read) { }
            }
            catch (SocketException)
            {
                // A reset is an end as well.
            }
            return all;
        }
    }
}
