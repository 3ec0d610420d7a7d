using System.Net;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.WorkerHost;

namespace Quern.Scenarios.BadDays;

/// <summary>
/// A master whose store answers before it commits: what the kill test must find out. It can be had from this test program
/// alone; the shipped one has no way to it.
/// </summary>
internal static class DefectiveMaster
{
    public const string Verb = "defective-master";

    /// <param name="args">The data folder, and the store's connection or nothing.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        var options = new MasterOptions
        {
            DataFolder = args[0],
            Http = new IPEndPoint(IPAddress.Loopback, 0),
            Configuration = FarmConfiguration.Empty with { Store = args.Length > 1 ? args[1] : null },
            FetchProgram = ["/bin/false"],
            AlterStore = store => store with { PlantedEarlyAnswer = TimeSpan.FromMilliseconds(100) },
        };
        var start = await QuernMaster.StartAsync(options, TimeProvider.System, CancellationToken.None);
        if (start is not MasterStart.Running(var master, _)) return 1;
        master.Attach(new EmbeddedWorkerLink(new WorkerName("embedded"), Path.Combine(args[0], "worker"), TimeProvider.System), 4);
        await Console.Out.WriteLineAsync($"ready http://{master.Http}");
        // It is killed; there is no other end.
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
        return 0;
    }
}
