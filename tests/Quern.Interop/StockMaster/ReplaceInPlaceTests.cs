namespace Quern.Interop.StockMaster;

/// <summary>An administrator changes the program in a worker's folder, and changes back; the master stays as it is.</summary>
public sealed class ReplaceInPlaceTests
{
    private const string Name = "farmer";

    [Theory]
    [InlineData("pb")]
    [InlineData("msgpack_experimental_v7")]
    public async Task The_folder_of_a_stock_worker_is_taken_over_and_given_back(string protocol)
    {
        StockMaster.Need(StockMaster.BuildbotWorker, "buildbot-worker");
        await using var master = new StockMaster(Name);
        await master.StartAsync();
        string own = Path.Combine(master.Root, "buildbot-worker"), folder = Path.Combine(master.Root, "worker");
        int port = protocol == "pb" ? master.PbPort : master.MessagePackPort;
        File.CreateSymbolicLink(own, Path.Combine(AppContext.BaseDirectory, "quern-worker"));
        await master.RunAsync(
            StockMaster.BuildbotWorker, "create-worker", "-q", $"--protocol={protocol}", folder, $"127.0.0.1:{port}", Name, StockMaster.Password);

        await StartAndStopAsync(master, StockMaster.BuildbotWorker, own, folder);
        await StartAndStopAsync(master, own, StockMaster.BuildbotWorker, folder);
        await StartAndStopAsync(master, StockMaster.BuildbotWorker, StockMaster.BuildbotWorker, folder);

        string log = await File.ReadAllTextAsync(Path.Combine(folder, "twistd.log"), TestContext.Current.CancellationToken);
        Assert.Contains("quern-worker", log, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "twistd.pid")), "the pid file goes with the process");
    }

    /// <summary>The program that starts waits until the master has said that the worker is attached.</summary>
    private static async Task StartAndStopAsync(StockMaster master, string starter, string stopper, string folder)
    {
        string started = await master.RunAsync(starter, "start", folder);
        Assert.Equal("Following twistd.log until startup finished..\nThe buildbot-worker appears to have (re)started correctly.\n", started);
        Assert.Matches("^worker process [0-9]+ is dead\n$", await master.RunAsync(stopper, "stop", folder));
    }
}
