namespace Quern.Interop.StockMaster;

public sealed class QuernWorkerOnStockMasterTests
{
    private static string Beside(string file) => Path.Combine(AppContext.BaseDirectory, "StockMaster", file);

    private static async Task<string> BuildOnQuernWorkerAsync()
    {
        await using var master = new StockMaster();
        await master.StartAsync(Beside("master.cfg"));
        string passwordFile = Path.Combine(master.Root, "password");
        await File.WriteAllTextAsync(passwordFile, StockMaster.Password + "\n");
        var worker = master.Start(
            Path.Combine(AppContext.BaseDirectory, "quern-worker"),
            "--master", $"ws://127.0.0.1:{master.Port}", "--name", StockMaster.WorkerName, "--password-file", passwordFile, "--dir", Path.Combine(master.Root, "worker"));
        return await FinishAsync(master, worker);
    }

    private static async Task<string> BuildOnStockWorkerAsync()
    {
        StockMaster.Need("/usr/bin/buildbot-worker", "buildbot-worker");
        await using var master = new StockMaster();
        await master.StartAsync(Beside("master.cfg"));
        string folder = Path.Combine(master.Root, "worker");
        await master.RunAsync(
            "/usr/bin/buildbot-worker", "create-worker", "-q", "--protocol=msgpack_experimental_v7", folder, $"127.0.0.1:{master.Port}",
            StockMaster.WorkerName, StockMaster.Password);
        return await FinishAsync(master, master.Start("/usr/bin/buildbot-worker", "start", "--nodaemon", folder));
    }

    private static async Task<string> FinishAsync(StockMaster master, System.Diagnostics.Process worker)
    {
        try
        {
            await master.BuildAsync();
            string steps = await master.StepsAsync(Beside("read-steps.py"));
            return steps.Replace(master.Root, "/ROOT", StringComparison.Ordinal);
        }
        finally
        {
            await StockMaster.StopAsync(worker);
        }
    }

    [Fact]
    public async Task Every_step_ends_and_reads_as_on_the_stock_worker()
    {
        string expected = await BuildOnStockWorkerAsync();

        string actual = await BuildOnQuernWorkerAsync();

        Assert.Contains("== use-property 0", expected, StringComparison.Ordinal);
        Assert.Equal(expected, actual);
    }
}
