using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Peers.Tests.Dispatch;
using Quern.Storage;
using Quern.Testing;
using Xunit;

namespace Quern.Peers.Tests.Buildbot.Hostile;

/// <summary>A folder that it was asked for, with members that the master does not take.</summary>
public abstract partial class HostileContract
{
    public static TheoryData<string> Archives => [.. HostileArchives.Names];

    [Theory, MemberData(nameof(Archives))]
    public async Task A_folder_of_which_nothing_is_taken(string archive)
    {
        await using Scene scene = await OpenAsync();
        using var folder = new ScratchFolder();

        CommandResult result = await UploadAsync(scene, folder, HostileArchives.Of(archive));

        Assert.Contains(folder["target/result"], Assert.IsType<CommandResult.Refused>(result).Reason, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["target"]));
        Assert.Equal(["logs", "target"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.False(Path.Exists("/tmp/quern-hostile-out"));
        await scene.Neighbour.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_folder_with_nothing_amiss_arrives_all_the_same()
    {
        await using Scene scene = await OpenAsync();
        using var folder = new ScratchFolder();

        CommandResult result = await UploadAsync(
            scene, folder, [.. RawTar.Member("/", '5'), .. RawTar.Member("sub/", '5'), .. RawTar.Member("sub/two\nlines", '0', content: [7]), .. RawTar.End]);

        Assert.Equal(new CommandResult.Ended(0), result);
        Assert.Equal([7], await File.ReadAllBytesAsync(folder["target/result/sub/two\nlines"], TestContext.Current.CancellationToken));
        await scene.Neighbour.AssertUntouchedAsync();
    }

    private static async Task<CommandResult> UploadAsync(Scene scene, ScratchFolder folder, byte[] tar)
    {
        await using var logs = new LogStore(folder["logs"], TimeProvider.System);
        var log = new JobLog(logs, JobId.Create(TimeProvider.System.GetUtcNow()), 1, TimeProvider.System);
        await using var observer = new DirectoryUploadObserver(log, folder["target/result"], HostileArchives.MaxBytes);
        Task<CommandResult> run = scene.Worker.Link.RunAsync(
            new RemoteCommand.UploadDirectory("d", new MasterTarget.Path(folder["target/result"])), "slot-1", observer, default);
        HostileCommand command = await scene.Worker.TakeAsync();
        await scene.Worker.SendFolderAsync(command, tar);
        await scene.Worker.EndAsync(command, 0);
        return await run.WaitAsync(TestGate.Patience);
    }
}
