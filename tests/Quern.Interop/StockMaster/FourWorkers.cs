using System.Collections.Immutable;
using System.Text.Json;

namespace Quern.Interop.StockMaster;

/// <summary>
/// One stock master with four workers: the stock worker and ours, each over both protocols. All of them build the same steps, lose
/// their connection under a command and come back, and are ended gracefully. The tests look at what that left.
/// </summary>
public sealed class FourWorkers : IAsyncLifetime
{
    public static readonly ImmutableArray<string> Names = ["stock-pb", "stock-msgpack", "quern-pb", "quern-msgpack"];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly StockMaster _master = new([.. Names]);
    private readonly List<JoinedWorker> _workers = [];

    /// <summary>Versions of the real programs, and process ids of all.</summary>
    public string Peers { get; private set; } = "";

    /// <summary>By worker: case to field to value, after the build of every step.</summary>
    internal Dictionary<string, Dictionary<string, Dictionary<string, string>>> Cases { get; } = [];

    /// <summary>By worker: results of the builds whose first lost its worker.</summary>
    internal Dictionary<string, string> DropResults { get; } = [];

    /// <summary>By worker, after the master ended it.</summary>
    internal Dictionary<string, int> ExitCodes { get; } = [];

    public async ValueTask InitializeAsync()
    {
        await _master.StartAsync();
        foreach (string name in Names) _workers.Add(await JoinedWorker.StartAsync(_master, name));
        Peers = $"{await _master.VersionsAsync()}\nmaster pid {_master.ProcessId}, "
            + string.Join(", ", _workers.Select(w => $"{w.Name} pid {w.ProcessId}"));

        await _master.BuildAsync("main", Names.Length);
        foreach (string name in Names)
            Cases[name] = JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string>>>(
                await _master.RunAsync(StockMaster.Python, StockMaster.Beside("read-build.py"), _master.Root, name))!;

        await _master.BuildAsync("drop", 2 * Names.Length);
        foreach (string name in Names)
            DropResults[name] = await _master.RunAsync(StockMaster.Python, StockMaster.Beside("read-results.py"), _master.Root, $"drop-{name}");

        await _master.BuildAsync("bye", Names.Length);
        foreach (var worker in _workers) ExitCodes[worker.Name] = await worker.EndAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers) await worker.DisposeAsync();
        await _master.DisposeAsync();
    }
}
