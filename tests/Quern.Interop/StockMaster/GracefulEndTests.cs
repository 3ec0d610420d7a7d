using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Quern.Interop.StockMaster;

/// <summary>
/// What an administrator of the worker's machine may ask for in <c>buildbot.tac</c>, on a stock master, with both programs under the same
/// command line: an end that waits for builds (by signal and by file), and folders that nobody needs deleted.
/// </summary>
[Trait("Speed", "Slow")]
public sealed partial class GracefulEndTests
{
    private const string Success = "0";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string[] Names = ["stock-signal", "quern-signal", "stock-file", "quern-file"];

    [Fact]
    public async Task Over_pb_a_worker_asks_its_master_and_ends_when_its_build_has()
    {
        await using var farm = await Farm.StartAsync("pb");
        int before = await farm.Master.BeginAsync("slow");
        await farm.BegunAsync();

        await farm.AskAsync();
        await farm.Master.FinishedAsync(before + Names.Length);

        foreach (string name in Names) Assert.Equal(0, await farm.EndAsync(name));
        foreach (string name in Names) Assert.Equal(Success, await farm.ResultAsync($"slow-{name}"));
        Assert.Equal(farm.Said("stock-signal"), farm.Said("quern-signal"));
        Assert.Equal(farm.Said("stock-file"), farm.Said("quern-file"));
        Assert.Contains("Initiating shutdown because we got SIGHUP", farm.Said("quern-signal"));
        Assert.Contains(farm.Said("quern-file"), l => l.StartsWith("Initiating shutdown because", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Folders_that_no_builder_has_are_deleted_when_the_worker_may_and_named_when_it_may_not()
    {
        await using var farm = await Farm.StartAsync("pb");
        await farm.Master.BuildAsync("slow", Names.Length);

        foreach (string what in new[] { "signal", "file" })
        {
            Assert.Equal(farm.Folders($"stock-{what}"), farm.Folders($"quern-{what}"));
            Assert.Equal(farm.Leftovers($"stock-{what}"), farm.Leftovers($"quern-{what}"));
        }
        Assert.Contains("stray", farm.Folders("quern-signal"));
        Assert.DoesNotContain("stray", farm.Folders("quern-file"));
        Assert.NotEmpty(farm.Leftovers("quern-signal"));
        Assert.NotEmpty(farm.Leftovers("quern-file"));
    }

    [Fact]
    public async Task Over_msgpack_no_worker_can_ask_and_the_build_goes_on()
    {
        await using var farm = await Farm.StartAsync("msgpack_experimental_v7");
        int before = await farm.Master.BeginAsync("slow");
        await farm.BegunAsync();

        await farm.AskAsync();
        await farm.Master.FinishedAsync(before + Names.Length);

        foreach (string name in Names) Assert.Equal(Success, await farm.ResultAsync($"slow-{name}"));
        Assert.All(Names, name => Assert.False(farm.HasEnded(name)));
        // The stock worker trips over an attribute that it has for pb only; ours says why nothing happens.
        Assert.Contains(farm.Said("quern-signal"), l => l.StartsWith("the master cannot be asked for a shutdown", StringComparison.Ordinal));
    }

    /// <summary>A master with the four workers, each in a folder that its own program made. Those of the file may delete what is left over.</summary>
    private sealed partial class Farm : IAsyncDisposable
    {
        private readonly Dictionary<string, Process> _processes = [];

        public StockMaster Master { get; } = new([.. Names]);

        public static async Task<Farm> StartAsync(string protocol)
        {
            StockMaster.Need(StockMaster.BuildbotWorker, "buildbot-worker");
            var farm = new Farm();
            var master = farm.Master;
            await master.StartAsync();
            string own = Path.Combine(master.Root, "buildbot-worker");
            File.CreateSymbolicLink(own, Path.Combine(AppContext.BaseDirectory, "quern-worker"));
            int port = protocol == "pb" ? master.PbPort : master.MessagePackPort;
            foreach (string name in Names)
            {
                string program = name.StartsWith("stock-", StringComparison.Ordinal) ? StockMaster.BuildbotWorker : own, folder = farm.FolderOf(name);
                bool file = name.EndsWith("-file", StringComparison.Ordinal);
                string[] options = ["-q", $"--protocol={protocol}", $"--allow-shutdown={(file ? "file" : "signal")}", .. file ? ["--delete-leftover-dirs"] : Array.Empty<string>()];
                await master.RunAsync(program, ["create-worker", .. options, folder, $"127.0.0.1:{port}", name, StockMaster.Password]);
                Directory.CreateDirectory(Path.Combine(folder, "stray", "deep"));
                var process = master.Start(program, "start", "--nodaemon", folder);
                process.OutputDataReceived += (_, _) => { };
                process.BeginOutputReadLine();
                farm._processes[name] = process;
            }
            return farm;
        }

        private string FolderOf(string name) => Path.Combine(Master.Root, name);

        /// <summary>Waits until every worker runs the command of its build.</summary>
        public async Task BegunAsync()
        {
            foreach (string name in Names)
                await UntilAsync(() => File.Exists(Path.Combine(FolderOf(name), $"slow-{name}", "build", "begun")), $"{name} did not begin");
        }

        /// <summary>SIGHUP or a touched file, as each was told.</summary>
        public async Task AskAsync()
        {
            foreach (string name in Names)
            {
                if (name.EndsWith("-file", StringComparison.Ordinal)) await Master.RunAsync("/usr/bin/touch", Path.Combine(FolderOf(name), "shutdown.stamp"));
                else await Master.RunAsync("/usr/bin/kill", "-HUP", $"{_processes[name].Id}");
            }
        }

        public bool HasEnded(string name) => _processes[name].HasExited;

        public async Task<int> EndAsync(string name)
        {
            using var timeout = new CancellationTokenSource(Patience);
            await _processes[name].WaitForExitAsync(timeout.Token);
            return _processes[name].ExitCode;
        }

        /// <summary>The results of a builder's builds, oldest first.</summary>
        public Task<string> ResultAsync(string builder) => Master.RunAsync(StockMaster.Python, StockMaster.Beside("read-results.py"), Master.Root, builder);

        /// <summary>The lines of a worker's log about its end, without times and names.</summary>
        public string[] Said(string name) => [.. Log(name).Where(l => Shutdown().IsMatch(l))];

        /// <summary>Those about folders, in the order of the alphabet.</summary>
        public string[] Leftovers(string name) => [.. Log(name).Where(l => l.Contains("directory '", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

        public string[] Folders(string name) =>
            [.. Directory.GetDirectories(FolderOf(name)).Select(d => Path.GetFileName(d).Replace(name, "WORKER", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

        public async ValueTask DisposeAsync()
        {
            foreach (var process in _processes.Values)
            {
                if (!process.HasExited) process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
                process.Dispose();
            }
            await Master.DisposeAsync();
        }

        private IEnumerable<string> Log(string name) => File.ReadLines(Path.Combine(FolderOf(name), "twistd.log"))
            .Select(l => Stamp().Replace(l, "").Replace(FolderOf(name), "/WORKER", StringComparison.Ordinal).Replace(name, "WORKER", StringComparison.Ordinal));

        private static async Task UntilAsync(Func<bool> condition, string message)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
            for (int i = 0; i < 4 * Patience.TotalSeconds; i++)
            {
                if (condition()) return;
                await timer.WaitForNextTickAsync();
            }
            Assert.Fail(message);
        }

        [GeneratedRegex(@"^\S+ \S+ \[[^\]]*\] ")]
        private static partial Regex Stamp();

        [GeneratedRegex("(?i)shut ?down|SIGHUP|mtime|Main loop")]
        private static partial Regex Shutdown();
    }
}
