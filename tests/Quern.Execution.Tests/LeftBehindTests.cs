using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Quern.Protocols.Buildbot;
using Quern.Testing;

namespace Quern.Execution.Tests;

/// <summary>What a run that was killed leaves to the next one, and what the watchdog does when it is not there any more to be told.</summary>
public sealed class LeftBehindTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_is_had_by_one_at_a_time()
    {
        using var first = FolderClaim.TryTake(_folder.Path, out _);

        Assert.NotNull(first);
        Assert.Null(FolderClaim.TryTake(_folder.Path, out string problem));
        Assert.Contains($"process {Environment.ProcessId}", problem, StringComparison.Ordinal);
        Assert.Contains("stop it first", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_ended_in_order_leaves_nothing_to_tell()
    {
        FolderClaim.TryTake(_folder.Path, out _)!.Dispose();

        using var next = FolderClaim.TryTake(_folder.Path, out _);

        Assert.Null(next!.Story);
    }

    [Theory]
    [InlineData("READY; exec sleep 1000")]
    [InlineData("trap '' TERM; READY; while true; do sleep 1; done")]
    [InlineData("setsid sh -c 'READY; exec sleep 1000' & wait")]
    [InlineData("setsid env -i sh -c 'READY; exec sleep 1000' & wait")]
    public async Task The_next_run_ends_what_a_killed_one_left(string script)
    {
        const string run = "1f.4711.99";
        File.WriteAllText(_folder[FolderClaim.FileName], $"4711 {run}\n");
        using var left = Begin(script.Replace("READY", $"echo > {_folder["ready"]}", StringComparison.Ordinal), $"{run}.1");
        await WaitUntilAsync(() => File.Exists(_folder["ready"]));   // all are there that will ever be
        using var stranger = Begin("exec sleep 1000", "1f.4711.990.1");

        using var claim = FolderClaim.TryTake(_folder.Path, out _);

        Assert.True(left.WaitForExit(EngineFixture.Patience));
        Assert.Contains("process 4711", claim!.Story, StringComparison.Ordinal);
        Assert.Contains($" {left.Id}", claim.Story, StringComparison.Ordinal);
        Assert.False(stranger.HasExited);
        stranger.Kill();
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("4711\n")]
    [InlineData("4711 .\n")]
    [InlineData("4711 1f.4712.99\n")]
    [InlineData("4711 1f.4711.\n")]
    [InlineData("4711 1f.4711.99 more\n")]
    public void A_file_that_says_something_else_is_no_reason_to_end_anything(string text)
    {
        File.WriteAllText(_folder[FolderClaim.FileName], text);

        using var claim = FolderClaim.TryTake(_folder.Path, out _);

        Assert.NotNull(claim);
        Assert.Null(claim.Story);
    }

    [Fact]
    public async Task A_watchdog_that_was_killed_is_replaced()
    {
        await using var engine = NewEngine("2f.1.1");
        await RunAsync(engine, "true");
        int first = await WatchdogAsync("2f.1.1");

        using (var killed = Process.GetProcessById(first)) killed.Kill();
        await WaitUntilAsync(() => Watchdogs("2f.1.1").Count == 0);
        await RunAsync(engine, "true");

        Assert.NotEqual(first, await WatchdogAsync("2f.1.1"));
    }

    [Fact]
    public async Task An_engine_without_commands_has_no_watchdog_and_a_disposed_one_leaves_none()
    {
        var engine = NewEngine("3f.1.1");
        Assert.Empty(Watchdogs("3f.1.1"));
        await RunAsync(engine, "true");
        await WatchdogAsync("3f.1.1");

        await engine.DisposeAsync();

        Assert.Empty(Watchdogs("3f.1.1"));
    }

    [Fact]
    public async Task What_a_command_left_running_on_purpose_outlives_an_orderly_end()
    {
        string pid = _folder["pid"];
        await using (var engine = NewEngine("4f.1.1"))
            await RunAsync(engine, $"setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $! > {pid}");

        using var left = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(pid, TestContext.Current.CancellationToken), CultureInfo.InvariantCulture));
        Assert.False(left.HasExited);
        left.Kill();
    }

    private static Process Begin(string script, string mark)
    {
        var start = new ProcessStartInfo("/usr/bin/setsid", ["sh", "-c", script]);
        start.Environment[ProcessTree.MarkerVariable] = mark;
        return Process.Start(start)!;
    }

    private CommandEngine NewEngine(string run) => new(
        new EngineOptions
        {
            BaseDirectory = _folder.Path,
            Run = run,
            Environment = ImmutableSortedDictionary<string, string>.Empty.Add("PATH", "/usr/bin:/bin"),
        },
        TimeProvider.System);

    private async Task RunAsync(CommandEngine engine, string script)
    {
        var arguments = EngineFixture.Map(("command", script), ("workdir", _folder["build"]));
        var started = engine.Start("shell", arguments, new RecordingChannel(), WorkerSettings.Buildbot);
        await Assert.IsType<StartResult.Started>(started).Command.Completion.WaitAsync(EngineFixture.Patience);
    }

    /// <summary>The living shells whose last word is the run's name.</summary>
    private static List<int> Watchdogs(string run) =>
    [
        .. ProcessEntry.ReadAll().Where(e => !e.IsZombie && e.Parent == Environment.ProcessId).Select(e => e.Id)
            .Where(id => CommandLine(id).EndsWith($"quern-watchdog\0{run}\0", StringComparison.Ordinal)),
    ];

    /// <summary>The one there is, once it can be seen: a process that is just becoming another program has no words.</summary>
    private static async Task<int> WatchdogAsync(string run)
    {
        await WaitUntilAsync(() => Watchdogs(run).Count > 0);
        return Assert.Single(Watchdogs(run));
    }

    private static string CommandLine(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var patience = new CancellationTokenSource(EngineFixture.Patience);
        while (!condition()) await timer.WaitForNextTickAsync(patience.Token);
    }
}
