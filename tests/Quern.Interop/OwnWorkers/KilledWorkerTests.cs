using System.Diagnostics;
using System.Globalization;
using Quern.Interop.StockWorkers;
using Quern.Interop.WholeRoad;
using Quern.Model;
using Quern.Testing;

namespace Quern.Interop.OwnWorkers;

/// <summary>SIGKILL of <c>quern-worker</c> under running commands: nothing of them may be left, whatever they did to get away.</summary>
public sealed class KilledWorkerTests : IDisposable
{
    private const string Tell = "echo $$ >> pids";

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int> Commands => new()
    {
        { $"{Tell}; sleep 1000", 1 },
        { $"trap '' TERM HUP INT; {Tell}; (trap '' TERM; exec sh -c '{Tell}; while true; do sleep 1; done') & wait", 2 },
        { $"{Tell}; setsid sh -c '{Tell}; sleep 1000; sleep 1000' & wait", 2 },
        { $"{Tell}; setsid env -i sh -c '{Tell}; sleep 1000; sleep 1000' & wait", 2 },
        { $"{Tell}; (setsid sh -c '{Tell}; sleep 1000; sleep 1000' &); sleep 1000", 2 },          // its parent is dead
        { $"exec env -i sh -c '{Tell}; sleep 1000; sleep 1000'", 1 },                             // no mark is left anywhere
        { $"exec env -i sh -c '{Tell}; sh -c \"{Tell}; sleep 1000; sleep 1000\" & exec sleep 1000'", 2 },
        { $"exec unshare --user --map-root-user --mount sh -c '{Tell}; sleep 1000; sleep 1000'", 1 },
        { $"{Tell}; exec unshare --user --map-root-user --pid --fork env -i sleep 1000", 1 },     // of which the kernel ends the rest
    };

    [Theory, MemberData(nameof(Commands))]
    public async Task Nothing_is_left_of_a_command_when_its_worker_is_killed(string script, int processes)
    {
        await using var farm = new Farm(WireProtocol.MessagePack);
        int[] started;
        await using (var worker = Start(farm))
        {
            var (run, ids) = await RunAsync(farm, script, processes);
            started = ids;
            await worker.KillAsync();
            Assert.IsType<CommandResult.Lost>(await run.WaitAsync(Farm.Patience));
        }
        await WaitUntilAsync(() => !started.Any(Lives), $"one of {string.Join(' ', started)} still lives");

        await using var next = Start(farm);
        await farm.NextLinkAsync();
        await WaitUntilAsync(() => next.Log.Contains("none of its commands is left", StringComparison.Ordinal), next.Log);
    }

    [Fact]
    public async Task The_next_start_ends_what_is_left_when_the_watchdog_was_killed_too()
    {
        await using var farm = new Farm(WireProtocol.Perspective);
        int[] started;
        await using (var worker = Start(farm))
        {
            var (run, ids) = await RunAsync(farm, $"{Tell}; setsid sh -c '{Tell}; sleep 1000; sleep 1000' & wait", 2);
            started = ids;
            foreach (int child in ChildrenOf(worker.ProcessId).Except(started)) Process.GetProcessById(child).Kill();
            await worker.KillAsync();
            Assert.IsType<CommandResult.Lost>(await run.WaitAsync(Farm.Patience));
        }
        Assert.All(started, id => Assert.True(Lives(id)));

        await using var next = Start(farm);
        await farm.NextLinkAsync();

        await WaitUntilAsync(() => !started.Any(Lives), next.Log);
        Assert.All(started, id => Assert.Contains($" {id}", next.Log, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_worker_in_a_folder_is_refused_and_told_who_has_it()
    {
        await using var farm = new Farm(WireProtocol.MessagePack);
        await using var first = Start(farm);
        await farm.NextLinkAsync();

        await using var second = Start(farm);

        Assert.Equal(2, await second.EndAsync(Farm.Patience));
        await WaitUntilAsync(() => second.Log.Contains($"process {first.ProcessId}", StringComparison.Ordinal), second.Log);
    }

    private OwnWorker Start(Farm farm) => OwnWorker.Start(
        farm.EndPoint, "farmer", Farm.Password, _folder["worker"], farm.Protocol is WireProtocol.Perspective ? "pb" : "ws");

    /// <summary>Starts a command and waits until all its processes have told their numbers.</summary>
    private async Task<(Task<CommandResult> Run, int[] Ids)> RunAsync(Farm farm, string script, int processes)
    {
        var link = await farm.NextLinkAsync();
        var run = link.RunAsync(new RemoteCommand.Shell { Script = script }, "slot-1", new Observer(), default);
        string file = _folder["worker/slot-1/pids"];
        await WaitUntilAsync(() => File.Exists(file) && File.ReadAllText(file).Count(c => c == '\n') == processes, $"not {processes} processes told their number");
        return (run, [.. File.ReadLines(file).Select(l => int.Parse(l, CultureInfo.InvariantCulture))]);
    }

    private static bool Lives(int id) => State(id) is { } state && state[0] is not ("Z" or "X");

    private static List<int> ChildrenOf(int parent) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(n => int.Parse(n!, CultureInfo.InvariantCulture))
            .Where(id => State(id) is { } state && state[1] == parent.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>State, parent and so on; null when there is no such process.</summary>
    private static string[]? State(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task WaitUntilAsync(Func<bool> condition, string message)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (int i = 0; i < 20 * Farm.Patience.TotalSeconds; i++)
        {
            if (condition()) return;
            await timer.WaitForNextTickAsync();
        }
        Assert.Fail(message);
    }
}
