using Quern.Model;
using Quern.Peers.Buildbot.Perspective;
using Xunit;

namespace Quern.Peers.Tests.Buildbot.Perspective;

/// <summary>Slaves of many versions, faked from buildbot-pb.md section 9.1: bare strings, other names, fewer commands.</summary>
public sealed class OldWorkerTests
{
    [Fact]
    public async Task A_slave_that_tells_nothing_at_all_still_works()
    {
        (PerspectiveLink link, BrokerWorker slave, BrokerFarm farm) = await AttachAsync(_ => null);
        await using var owned = farm;
        await using var alsoOwned = slave;

        BrokerCommand shell = await StartAsync(slave, link, new RemoteCommand.Shell { Script = "x", WorkingDirectory = "build" });

        Assert.Equal(("", ""), (link.Description.Version, link.Description.BaseDirectory));
        Assert.Equal(("build", "build"), (shell["workdir"], shell["dir"]));
        Assert.False(shell.Arguments.ContainsKey("usePTY"));
    }

    [Theory]
    [InlineData("2.6", false, false, false)]
    [InlineData("2.7", true, false, false)]
    [InlineData("2.15", true, true, false)]
    [InlineData("2.16", true, true, true)]
    [InlineData("3.0", true, true, true)]
    public async Task A_shell_command_leaves_out_what_the_version_does_not_know(string version, bool pty, bool signal, bool grace)
    {
        (PerspectiveLink link, BrokerWorker slave, BrokerFarm farm) = await AttachAsync(Slave(version));
        await using var owned = farm;
        await using var alsoOwned = slave;

        BrokerCommand shell = await StartAsync(slave, link, new RemoteCommand.Shell { Script = "x" });

        Assert.Equal(
            (pty, signal, grace, false),
            (shell.Arguments.ContainsKey("usePTY"), shell.Arguments.ContainsKey("interruptSignal"),
                shell.Arguments.ContainsKey("sigtermTime"), shell.Arguments.ContainsKey("dir")));
    }

    [Fact]
    public async Task Transfers_of_slaves_have_the_names_of_slaves()
    {
        (PerspectiveLink link, BrokerWorker slave, BrokerFarm farm) = await AttachAsync(Slave("2.16"));
        await using var owned = farm;
        await using var alsoOwned = slave;

        BrokerCommand upload = await StartAsync(slave, link, new RemoteCommand.UploadFile("f", new MasterTarget.Package()));
        BrokerCommand folder = await StartAsync(slave, link, new RemoteCommand.UploadDirectory("d", new MasterTarget.Path("/x")));
        BrokerCommand download = await StartAsync(slave, link, new RemoteCommand.DownloadFile(new MasterSource.Text("x"), "g"));

        Assert.Equal(("f", "d", "g"), (upload["slavesrc"], folder["slavesrc"], download["slavedest"]));
        Assert.False(upload.Arguments.ContainsKey("workersrc"));
        Assert.Equal("/srv/slave", link.Description.BaseDirectory);
    }

    [Fact]
    public async Task A_file_is_removed_with_rmdir_and_folders_one_by_one()
    {
        (PerspectiveLink link, BrokerWorker slave, BrokerFarm farm) = await AttachAsync(Slave("2.13"));
        await using var owned = farm;
        await using var alsoOwned = slave;

        BrokerCommand file = await StartAsync(slave, link, new RemoteCommand.RemoveFile("f"));
        Task<CommandResult> folders = link.RunAsync(new RemoteCommand.RemoveDirectory(["a", "b"]), "slot-1", new RecordingObserver(), default);
        BrokerCommand first = await slave.NextCommandAsync();
        await slave.FinishAsync(first, 5);
        BrokerCommand second = await slave.NextCommandAsync();
        await slave.FinishAsync(second, 0);

        Assert.Equal(("rmdir", "/srv/slave/slot-1/f"), (file.Name, file["dir"]));
        Assert.Equal(("a", "b"), (first["dir"], second["dir"]));
        Assert.Equal(5, Assert.IsType<CommandResult.Ended>(await folders.WaitAsync(TestGate.Patience)).ExitCode);
    }

    [Fact]
    public async Task What_the_slave_is_too_old_for_is_refused_with_its_version()
    {
        (PerspectiveLink link, BrokerWorker slave, BrokerFarm farm) = await AttachAsync(Slave("2.13"));
        await using var owned = farm;
        await using var alsoOwned = slave;

        CommandResult list = await link.RunAsync(new RemoteCommand.ListDirectory("d"), "slot-1", new RecordingObserver(), default);
        CommandResult glob = await link.RunAsync(new RemoteCommand.Glob("*"), "slot-1", new RecordingObserver(), default);

        Assert.Equal(new CommandResult.Refused("the worker is too old to list folders; its version is '0.8.5'"), list);
        Assert.Equal(new CommandResult.Refused("the worker has no command 'glob'; its version is '0.8.5'"), glob);
    }

    [Fact]
    public async Task Several_folders_are_made_one_by_one_up_to_the_first_that_fails()
    {
        (PerspectiveLink link, BrokerWorker slave, BrokerFarm farm) = await AttachAsync(Slave("2.16"));
        await using var owned = farm;
        await using var alsoOwned = slave;

        Task<CommandResult> make = link.RunAsync(new RemoteCommand.MakeDirectory(["a", "b", "c"]), "slot-1", new RecordingObserver(), default);
        await slave.FinishAsync(await slave.NextCommandAsync(), 0);
        BrokerCommand second = await slave.NextCommandAsync();
        await slave.FinishAsync(second, 13);

        Assert.Equal("b", second["dir"]);
        Assert.Equal(13, Assert.IsType<CommandResult.Ended>(await make.WaitAsync(TestGate.Patience)).ExitCode);
    }

    /// <summary>Answers as a slave whose every command has this version.</summary>
    private static Func<string, object?> Slave(string version) => method => method switch
    {
        "getSlaveInfo" => Bare(("basedir", "/srv/slave"), ("system", "posix")),
        "getCommands" => Bare([.. new[] { "shell", "uploadFile", "uploadDirectory", "downloadFile", "mkdir", "rmdir", "listdir", "stat" }
            .Select(name => (name, version))]),
        "getVersion" => "0.8.5",
        _ => null,
    };

    private static object Bare(params (string Key, string Value)[] pairs) =>
        (object[])["dictionary", .. pairs.Select(p => (object)new object[] { p.Key, p.Value })];

    private static async Task<(PerspectiveLink Link, BrokerWorker Slave, BrokerFarm Farm)> AttachAsync(Func<string, object?> describe)
    {
        var farm = new BrokerFarm();
        BrokerWorker slave = await BrokerWorker.AttachAsync(farm.EndPoint, "old", describe).WaitAsync(TestGate.Patience);
        return (await farm.NextLinkAsync(), slave, farm);
    }

    /// <summary>Runs a command that ends at once, and tells how it was started.</summary>
    private static async Task<BrokerCommand> StartAsync(BrokerWorker slave, PerspectiveLink link, RemoteCommand command)
    {
        Task<CommandResult> run = link.RunAsync(command, "slot-1", new RecordingObserver(), default);
        BrokerCommand started = await slave.NextCommandAsync();
        await slave.FinishAsync(started, 0);
        await run.WaitAsync(TestGate.Patience);
        return started;
    }
}
