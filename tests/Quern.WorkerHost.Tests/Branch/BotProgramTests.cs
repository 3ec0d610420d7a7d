using System.Globalization;
using Quern.Execution;
using Quern.Testing;

namespace Quern.WorkerHost.Tests.Branch;

/// <summary>The program itself: killed within a build, and on a machine that cannot build.</summary>
public sealed class BotProgramTests(SmallRoot root) : IClassFixture<SmallRoot>
{
    [Fact]
    public async Task A_bot_that_is_killed_leaves_nothing_running_and_nothing_mounted_and_the_next_one_clears_its_folder()
    {
        using var folder = new ScratchFolder();
        await using var master = new ScriptedMaster();
        await File.WriteAllTextAsync(folder["key"], "default\n");
        await using var first = Start(master, folder);
        var talk = await master.NextAsync();
        var script = Script(talk);
        Assert.True(await script.UntilReadyAsync());
        await script.OrderAsync(MasterScript.Recipe(
            "x", "sleep 7654321 &", "until read -r -d '' word < /proc/$!/cmdline && [[ $word == sleep ]]; do :; done", "for i in 1 2 3 4 5 6 7 8 9 10; do echo begun; done", "wait"));
        script.EndsAfter = "REPORTSTATUSUPDATE BUILDING";
        await script.UntilReadyAsync();
        // The first lines come when the program is there.
        script.EndsAfter = "APPENDLOG";
        await script.UntilReadyAsync();
        using var sleeper = Sleeper();

        first.Kill();

        Assert.True(await sleeper.WaitForExitAsync(ScriptedMaster.Patience));
        Assert.DoesNotContain(folder.Path, await File.ReadAllTextAsync("/proc/self/mounts"), StringComparison.Ordinal);
        Assert.True(Directory.Exists(folder["dir/branch/build"]));
        await using var second = Start(master, folder);
        var next = Script(await master.NextAsync());
        Assert.True(await next.UntilReadyAsync());
        Assert.False(Directory.Exists(folder["dir/branch/build"]));
        Assert.True(await next.BuildAsync(MasterScript.Recipe("x", "touch $PKG_INSTALL_DIR/x")));
        Assert.NotEmpty(next.Package);
    }

    [Theory]
    [InlineData("unshare", "bwrap")]
    [InlineData("bwrap", "unshare")]
    public async Task A_machine_that_cannot_keep_builds_apart_ends_the_worker_and_says_what_is_missing(string there, string missing)
    {
        using var folder = new ScratchFolder();
        await using var master = new ScriptedMaster();
        await File.WriteAllTextAsync(folder["key"], "default\n");
        Directory.CreateDirectory(folder["bin"]);
        foreach (string program in (string[])["rm", "chmod", "sync", "mount", there]) File.CreateSymbolicLink(folder[$"bin/{program}"], File.Exists($"/usr/bin/{program}") ? $"/usr/bin/{program}" : $"/bin/{program}");

        await using var worker = new RunningProgram(Path.Combine(AppContext.BaseDirectory, "quern-worker"), folder["bin"], Words(master, folder));
        using var talk = await master.NextAsync();

        Assert.Equal(2, await worker.ExitCodeAsync().WaitAsync(ScriptedMaster.Patience));
        Assert.Contains(worker.Errors, l => l.Contains("this machine cannot build in a sandbox", StringComparison.Ordinal) && l.Contains(missing, StringComparison.Ordinal));
        // Not a word was said to the master: it gives such a machine no work.
        Assert.Null(await talk.ReadAsync());
    }

    private MasterScript Script(MasterConversation talk)
    {
        var script = new MasterScript(talk, "V2.1");
        script.Deployment["packagelisturl"] = root.Repository.ListUrl;
        return script;
    }

    private static RunningProgram Start(ScriptedMaster master, ScratchFolder folder) => new(Path.Combine(AppContext.BaseDirectory, "quern-worker"), Words(master, folder));

    private static string[] Words(ScriptedMaster master, ScratchFolder folder) =>
        ["--master", string.Create(CultureInfo.InvariantCulture, $"branch://127.0.0.1:{master.Port}"), "--name", "bot1", "--password-file", folder["key"], "--dir", folder["dir"]];

    private static ForeignProcess Sleeper() =>
        Directory.EnumerateDirectories("/proc").Select(p => int.TryParse(Path.GetFileName(p), out int id) && IsSleeper(id) ? ForeignProcess.TryOpen(id) : null).OfType<ForeignProcess>().Single();

    private static bool IsSleeper(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline") == "sleep\07654321\0";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
