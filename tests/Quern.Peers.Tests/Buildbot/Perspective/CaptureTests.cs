using System.Text;
using Quern.Model;
using Quern.Peers.Buildbot.Perspective;
using Quern.Peers.Dispatch;
using Quern.Storage;
using Quern.Testing;
using Xunit;

namespace Quern.Peers.Tests.Buildbot.Perspective;

/// <summary>Real workers of three generations, replayed: everything they said is understood.</summary>
public sealed class CaptureTests
{
    [Theory]
    [InlineData("pb", "3.7.0-2")]
    [InlineData("pb-4.3.0", "4.3.0")]
    [InlineData("pb-slave-0.8.14", "0.8.14")]
    public async Task A_program_that_writes_to_both_streams(string folder, string version)
    {
        (PerspectiveLink link, RecordingObserver[] observers, CommandResult[] results) = await PlayAsync(
            folder, "shell-ok", new RemoteCommand.Shell { Script = "echo out-line; echo err-line >&2; exit 0" });

        Assert.Equal((version, "/srv/farm/worker"), (link.Description.Version, link.Description.BaseDirectory));
        Assert.Equal("Farm Admin <admin@farm.invalid>", link.Description.Admin);
        Assert.Equal([0], Codes(results));
        Assert.Contains("Stdout:out-line\n", observers[0].Text, StringComparison.Ordinal);
        Assert.Contains("Stderr:err-line\n", observers[0].Text, StringComparison.Ordinal);
        Assert.Contains("elapsedTime=", observers[0].Text, StringComparison.Ordinal);
    }

    /// <summary>
    /// Those in which the worker waits for nothing that our master would not say by itself: no interrupt, no wish to end.
    /// </summary>
    [Theory]
    [InlineData("pb", "shell-rc3")]
    [InlineData("pb", "shell-not-found")]
    [InlineData("pb", "shell-extras")]
    [InlineData("pb", "shell-timeout")]
    [InlineData("pb", "unicode")]
    [InlineData("pb", "longlines")]
    [InlineData("pb", "lines20k")]
    [InlineData("pb", "idle-update")]
    [InlineData("pb", "obfuscated")]
    [InlineData("pb", "fs")]
    [InlineData("pb", "upload-file")]
    [InlineData("pb", "upload-dir")]
    [InlineData("pb", "download-file")]
    [InlineData("pb", "error-bad-env")]
    [InlineData("pb", "error-bad-pty")]
    [InlineData("pb", "error-missing-args")]
    [InlineData("pb", "error-unknown-command")]
    [InlineData("pb-4.3.0", "shell-timeout")]
    [InlineData("pb-4.3.0", "max-lines")]
    [InlineData("pb-4.3.0", "fs")]
    [InlineData("pb-4.3.0", "upload-file-small")]
    [InlineData("pb-4.3.0", "upload-dir")]
    [InlineData("pb-4.3.0", "download-file")]
    [InlineData("pb-4.3.0", "error-bad-env")]
    [InlineData("pb-4.3.0", "error-unknown-command")]
    [InlineData("pb-slave-0.8.14", "shell-rc3")]
    [InlineData("pb-slave-0.8.14", "shell-timeout")]
    [InlineData("pb-slave-0.8.14", "obfuscated")]
    [InlineData("pb-slave-0.8.14", "download-file")]
    public async Task Commands_end_as_the_real_worker_said(string folder, string scenario)
    {
        IReadOnlyList<CapturedCommand> commands = CapturedCommand.OfPerspective($"{folder}/{scenario}");

        (_, _, CommandResult[] results) = await PlayAsync(folder, scenario, [.. commands.Select(c => c.Again)]);

        Assert.NotEmpty(commands);
        Assert.All(commands.Zip(results), pair => Assert.True(pair.First.Fits(pair.Second), $"{pair.First} came to {pair.Second}"));
    }

    [Fact]
    public async Task A_large_file_arrives_whole()
    {
        (_, RecordingObserver[] observers, CommandResult[] results) = await PlayAsync(
            "pb", "upload-file", new RemoteCommand.Shell { Script = "x" }, new RemoteCommand.UploadFile("big.bin", new MasterTarget.Package()));

        Assert.Equal([0, 0], Codes(results));
        Assert.Equal(CapturedWorker.BigFile, observers[1].Written);
    }

    /// <summary>Of Python 3 and of Python 2, which writes another format.</summary>
    [Theory]
    [InlineData("pb/upload-dir")]
    [InlineData("pb-4.3.0/upload-dir")]
    [InlineData("pb-0.8.14/upload-dir")]
    public async Task Folders_that_real_workers_packed_are_unpacked(string capture)
    {
        byte[][] tars = await CapturedWorker.TarsOfAsync(capture);
        Assert.NotEmpty(tars);
        foreach (byte[] tar in tars)
        {
            using var folder = new ScratchFolder();
            await using var logs = new LogStore(folder["logs"], TimeProvider.System);
            var log = new JobLog(logs, JobId.Create(TimeProvider.System.GetUtcNow()), 1, TimeProvider.System);
            await using var observer = new DirectoryUploadObserver(log, folder["tree"], 1 << 20);

            await observer.WriteAsync(tar);
            await observer.CloseWriteAsync();

            Assert.Equal("one\n", await File.ReadAllTextAsync(folder["tree/a.txt"], TestContext.Current.CancellationToken));
            Assert.Equal("two\n", await File.ReadAllTextAsync(folder["tree/sub/b.txt"], TestContext.Current.CancellationToken));
            Assert.Equal(3, Directory.EnumerateFileSystemEntries(folder["tree"], "*", SearchOption.AllDirectories).Count());
        }
    }

    [Theory]
    [InlineData("pb")]
    [InlineData("pb-slave-0.8.14")]
    public async Task Uploads_of_a_file_of_none_and_of_one_that_is_too_large(string folder)
    {
        (_, RecordingObserver[] observers, CommandResult[] results) = await PlayAsync(
            folder, "upload-file-small",
            new RemoteCommand.Shell { Script = "printf \"hello upload\" > small.txt" },
            new RemoteCommand.UploadFile("small.txt", new MasterTarget.Package()),
            new RemoteCommand.UploadFile("missing.txt", new MasterTarget.Package()),
            new RemoteCommand.UploadFile("small.txt", new MasterTarget.Package()));

        Assert.Equal([0, 0, 1, 1], Codes(results));
        Assert.Equal(["", "hello upload", "", "hello"], observers.Select(o => Encoding.UTF8.GetString(o.Written)));
        Assert.Equal([0, 1, 0, 0], observers.Select(o => o.Closes));
        Assert.Contains("Stderr:Cannot open file '/srv/farm/worker/upload-file-small/build/missing.txt' for upload\n", observers[2].Text, StringComparison.Ordinal);
        Assert.Contains("Header:sending /srv/farm/worker/upload-file-small/build/small.txt\n", observers[3].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_commands_of_an_old_slave()
    {
        (_, _, CommandResult[] results) = await PlayAsync(
            "pb-slave-0.8.14", "fs",
            new RemoteCommand.MakeDirectory(["build/d1/d2"]),
            new RemoteCommand.Shell { Script = "echo content > d1/f.txt; ln -s f.txt d1/link", WorkingDirectory = "build" },
            new RemoteCommand.Stat("build/d1/f.txt"),
            new RemoteCommand.Stat("build/nothing-here"),
            new RemoteCommand.ListDirectory("build/d1"),
            new RemoteCommand.ListDirectory("build/absent"),
            new RemoteCommand.Glob("build/**/*.txt"));

        Assert.Equal([0, 0, 0, 2, 0, 2, 0], Codes(results));
        Assert.Equal(["d2", "f.txt", "link"], ((CommandResult.Ended)results[4]).Files.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_command_that_an_old_slave_does_not_know()
    {
        (_, _, CommandResult[] results) = await PlayAsync("pb-slave-0.8.14", "error-unknown-command", new RemoteCommand.Stat("x"));

        Assert.Equal([new CommandResult.Refused("buildslave.bot.UnknownCommand: unrecognized SlaveCommand 'nosuchcommand'")], results);
    }

    private static IEnumerable<int> Codes(CommandResult[] results) => results.Select(r => Assert.IsType<CommandResult.Ended>(r).ExitCode);

    /// <summary>Runs as many commands of the same kinds as the capture has, so that every answer fits its question.</summary>
    private static async Task<(PerspectiveLink Link, RecordingObserver[] Observers, CommandResult[] Results)> PlayAsync(
        string folder, string scenario, params RemoteCommand[] commands)
    {
        await using var farm = new BrokerFarm { Places = [scenario], TakesAnyPassword = true };
        Task playing = CapturedWorker.PlayAsync(farm.EndPoint, $"{folder}/{scenario}");
        Task<PerspectiveLink> attaching = farm.NextLinkAsync();
        if (await Task.WhenAny(playing, attaching) == playing) await playing;
        PerspectiveLink link = await attaching;
        RecordingObserver[] observers = [.. commands.Select(_ => new RecordingObserver(new byte[40_000]))];
        var results = new CommandResult[commands.Length];
        for (int i = 0; i < commands.Length; i++)
            results[i] = await link.RunAsync(commands[i], scenario, observers[i], default).WaitAsync(TestGate.Patience);
        link.Close("the test is over");
        return (link, observers, results);
    }
}
