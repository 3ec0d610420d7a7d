using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Interop.StockWorkers;

/// <summary>Many jobs at once on one unmodified worker, and slots that come and go while it works.</summary>
public sealed class StockWorkerSlotTests
{
    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack)]
    public async Task Eight_programs_run_at_once_and_the_stop_of_one_leaves_seven_untouched(WireProtocol protocol)
    {
        await using var farm = new Farm(protocol);
        await using StockWorker worker = await farm.StartWorkerAsync();
        IWorkerLink link = await farm.NextLinkAsync();
        link.Offer(Slots(8));
        using var stop = new CancellationTokenSource();
        (Observer Observer, Task<CommandResult> Run)[] runs = [.. Enumerable.Range(1, 8).Select(i => Meet(link, worker, i, i == 3 ? stop.Token : default))];

        // Each says so when all eight are there, so that they cannot run one after the other.
        foreach ((Observer observer, _) in runs) await observer.Spoke.Task.WaitAsync(Farm.Patience);
        await stop.CancelAsync();
        CommandResult stopped = await runs[2].Run.WaitAsync(Farm.Patience);
        Assert.Equal(7, runs.Count(r => !r.Run.IsCompleted));
        await File.WriteAllTextAsync(Path.Combine(worker.BaseDirectory, "go"), "");
        CommandResult[] results = await Task.WhenAll(runs.Select(r => r.Run)).WaitAsync(Farm.Patience);

        Assert.Equal(-1, Assert.IsType<CommandResult.Ended>(stopped).ExitCode);
        Assert.Equal([1, 2, -1, 4, 5, 6, 7, 8], results.Select(r => Assert.IsType<CommandResult.Ended>(r).ExitCode));
    }

    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack)]
    public async Task Slots_grow_and_shrink_without_a_reconnect_and_without_killing_a_command(WireProtocol protocol)
    {
        await using var farm = new Farm(protocol);
        await using StockWorker worker = await farm.StartWorkerAsync();
        IWorkerLink link = await farm.NextLinkAsync();

        link.Offer(Slots(8));
        (Observer Observer, Task<CommandResult> Run)[] runs = [.. Enumerable.Range(1, 8).Select(i => Meet(link, worker, i))];
        foreach ((Observer observer, _) in runs) await observer.Spoke.Task.WaitAsync(Farm.Patience);
        link.Offer(Slots(16));
        int beyond = await CodeOfAsync(link, "exit 16", "slot-16");
        link.Offer(Slots(2));
        // What comes after the shorter list shows that the worker has taken it.
        int within = await CodeOfAsync(link, "exit 9", "slot-9");
        Assert.All(runs, r => Assert.False(r.Run.IsCompleted));
        await File.WriteAllTextAsync(Path.Combine(worker.BaseDirectory, "go"), "");
        CommandResult[] results = await Task.WhenAll(runs.Select(r => r.Run)).WaitAsync(Farm.Patience);

        Assert.Equal((16, 9), (beyond, within));
        Assert.Equal(Enumerable.Range(1, 8), results.Select(r => Assert.IsType<CommandResult.Ended>(r).ExitCode));
        Assert.False(link.Closed.IsCompleted);
        Assert.Equal(0, await CodeOfAsync(link, "true", "slot-1"));
        Assert.True(Directory.Exists(Path.Combine(worker.BaseDirectory, "slot-16")));
    }

    private static ImmutableArray<string> Slots(int count) => [.. Enumerable.Range(1, count).Select(i => $"slot-{i}")];

    /// <summary>A program that speaks when eight of them run, and ends with its number when it may go.</summary>
    private static (Observer Observer, Task<CommandResult> Run) Meet(IWorkerLink link, StockWorker worker, int number, CancellationToken stop = default)
    {
        var observer = new Observer();
        var shell = new RemoteCommand.Shell
        {
            Script = $"""
                cd {worker.BaseDirectory}; touch here-{number}
                while [ $(ls -d here-* | wc -l) -lt 8 ]; do sleep 0.1; done; echo all
                while [ ! -e go ]; do sleep 0.1; done; exit {number}
                """,
        };
        return (observer, link.RunAsync(shell, $"slot-{number}", observer, stop));
    }

    private static async Task<int> CodeOfAsync(IWorkerLink link, string script, string place) =>
        Assert.IsType<CommandResult.Ended>(await link.RunAsync(new RemoteCommand.Shell { Script = script }, place, new Observer(), default)
            .WaitAsync(Farm.Patience)).ExitCode;
}
