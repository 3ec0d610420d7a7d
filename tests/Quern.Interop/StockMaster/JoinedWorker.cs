using System.Diagnostics;

namespace Quern.Interop.StockMaster;

/// <summary>A worker program in a folder of its own, joined to a stock master.</summary>
internal sealed class JoinedWorker : IAsyncDisposable
{
    private readonly Process _process;

    private JoinedWorker(string name, Process process) => (Name, _process) = (name, process);

    public string Name { get; }

    public int ProcessId => _process.Id;

    /// <param name="master">Started.</param>
    /// <param name="name"><c>MAKER-PROTOCOL</c>: <c>stock</c> or <c>quern</c>, <c>pb</c> or <c>msgpack</c>.</param>
    public static async Task<JoinedWorker> StartAsync(StockMaster master, string name)
    {
        string folder = Path.Combine(master.Root, name);
        bool pb = name.EndsWith("-pb", StringComparison.Ordinal);
        int port = pb ? master.PbPort : master.MessagePackPort;
        if (name.StartsWith("stock-", StringComparison.Ordinal))
        {
            StockMaster.Need(StockMaster.BuildbotWorker, "buildbot-worker");
            await master.RunAsync(
                StockMaster.BuildbotWorker, "create-worker", "-q", $"--protocol={(pb ? "pb" : "msgpack_experimental_v7")}", folder,
                $"127.0.0.1:{port}", name, StockMaster.Password);
            return Of(name, master.Start(StockMaster.BuildbotWorker, "start", "--nodaemon", folder));
        }
        string passwordFile = Path.Combine(master.Root, $"{name}.password");
        await File.WriteAllTextAsync(passwordFile, StockMaster.Password + "\n");
        return Of(name, master.Start(
            Path.Combine(AppContext.BaseDirectory, "quern-worker"),
            "--master", $"{(pb ? "pb" : "ws")}://127.0.0.1:{port}", "--name", name, "--password-file", passwordFile, "--dir", folder));
    }

    /// <summary>The exit code when the worker ends by itself.</summary>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience);
        await _process.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static JoinedWorker Of(string name, Process process)
    {
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return new JoinedWorker(name, process);
    }
}
