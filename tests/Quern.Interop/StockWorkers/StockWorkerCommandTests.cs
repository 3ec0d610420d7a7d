using System.Collections.Immutable;
using System.Formats.Tar;
using System.Security.Cryptography;
using Quern.Model;

namespace Quern.Interop.StockWorkers;

/// <summary>Every command on an unmodified worker.</summary>
public abstract class StockWorkerCommandTests(ConnectedWorker worker)
{
    /// <summary>Every kind of command once, with the code that it must end with. All are run by <see cref="Every_kind_of_command_runs"/>.</summary>
    private static readonly (RemoteCommand Command, int Code)[] Kinds =
    [
        (new RemoteCommand.MakeDirectory(["kinds/a", "kinds/b"]), 0),
        (new RemoteCommand.Shell { Script = "echo x > kinds/a/f; exit 3" }, 3),
        (new RemoteCommand.UploadFile("kinds/a/f", new MasterTarget.Package()), 0),
        (new RemoteCommand.UploadDirectory("kinds/a", new MasterTarget.Path("/unused")), 0),
        (new RemoteCommand.DownloadFile(new MasterSource.Text("x"), "kinds/a/g"), 0),
        (new RemoteCommand.CopyDirectory("kinds/a", "kinds/c"), 0),
        (new RemoteCommand.Stat("kinds/c/f"), 0),
        (new RemoteCommand.Glob("kinds/c/*"), 0),
        (new RemoteCommand.ListDirectory("kinds/c"), 0),
        (new RemoteCommand.RemoveFile("kinds/c/f"), 0),
        (new RemoteCommand.RemoveDirectory(["kinds/a", "kinds/b"]), 0),
        (new RemoteCommand.Stat("kinds/b"), 2),
    ];

    [Fact]
    public async Task Every_kind_of_command_runs()
    {
        var ran = new HashSet<Type>();
        foreach ((RemoteCommand command, int code) in Kinds)
        {
            Assert.Equal((command, code), (command, await worker.CodeOfAsync(command, new Observer("x"u8.ToArray()))));
            ran.Add(command.GetType());
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"peer: buildbot-worker {worker.Link.Description.Version}, process {worker.ProcessId}, {worker.Link.Description.Protocol}; {ran.Count} kinds of command");
        Assert.Equal(
            typeof(RemoteCommand).GetNestedTypes().Where(t => t.IsSubclassOf(typeof(RemoteCommand))).Select(t => t.Name).Order(),
            ran.Select(t => t.Name).Order());
    }

    [Fact]
    public void The_worker_is_described()
    {
        WorkerDescription description = worker.Link.Description;

        Assert.Equal("farmer", description.Name.Value);
        Assert.Equal(worker.Protocol is WireProtocol.Perspective ? "buildbot-pb" : "buildbot-msgpack", description.Protocol);
        Assert.StartsWith("3.", description.Version, StringComparison.Ordinal);
        Assert.Equal(worker.BaseDirectory, description.BaseDirectory);
        Assert.True(description.CpuCount > 0);
        Assert.Contains("upload_file", description.Commands);
        Assert.Equal("/usr/bin:/bin", Farm.InfoOf(worker.Link).Environment["PATH"]);
        Assert.True(Directory.Exists(Path.Combine(worker.BaseDirectory, "slot-2")));
    }

    [Theory]
    [InlineData("true", 0)]
    [InlineData("exit 3", 3)]
    [InlineData("kill -SEGV $$", -1)]
    public async Task A_program_ends_with_its_code(string script, int code) =>
        Assert.Equal(code, await worker.CodeOfAsync(new RemoteCommand.Shell { Script = script }));

    [Fact]
    public async Task Output_arrives_by_stream()
    {
        var observer = new Observer();

        await worker.CodeOfAsync(
            new RemoteCommand.Shell
            {
                Script = "echo out \"$GREETING\"; echo err >&2; pwd",
                Environment = ImmutableSortedDictionary<string, string?>.Empty.Add("GREETING", "héllo €"),
            },
            observer);

        Assert.Equal($"out héllo €\n{worker.BaseDirectory}/slot-1\n", observer[OutputStream.Stdout]);
        Assert.Equal("err\n", observer[OutputStream.Stderr]);
        Assert.Contains("GREETING=", observer[OutputStream.Header], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_of_20000_characters_arrives_whole_or_with_a_mark()
    {
        var observer = new Observer();

        await worker.CodeOfAsync(
            new RemoteCommand.Shell { Script = "head -c 20000 /dev/zero | tr '\\0' a; echo; echo after" }, observer);

        Assert.EndsWith("after\n", observer[OutputStream.Stdout], StringComparison.Ordinal);
        bool whole = observer[OutputStream.Stdout] == new string('a', 20000) + "\nafter\n";
        bool marked = observer[OutputStream.Header].Contains("the worker cuts lines of more than 4095 characters", StringComparison.Ordinal);
        Assert.Equal(worker.Protocol is WireProtocol.Perspective ? (false, true) : (true, false), (whole, marked));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40_000)]
    [InlineData(20 * 1024 * 1024)]
    public async Task A_file_goes_there_and_comes_back_unchanged(int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        string name = $"file-{length}.bin";

        Assert.Equal(0, await worker.CodeOfAsync(
            new RemoteCommand.DownloadFile(new MasterSource.Text("x"), name) { Mode = 0b111_101_101 }, new Observer(content)));
        string there = Path.Combine(worker.BaseDirectory, "slot-1", name);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(content)), Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(there))));
        Assert.Equal(0, await worker.CodeOfAsync(new RemoteCommand.Shell { Script = $"test -x {name}" }));

        var back = new Observer();
        Assert.Equal(0, await worker.CodeOfAsync(new RemoteCommand.UploadFile(name, new MasterTarget.Package()), back));
        Assert.True(back.IsWhole);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(content)), Convert.ToHexString(SHA256.HashData(back.Written)));
    }

    [Fact]
    public async Task An_upload_of_nothing_or_of_too_much_is_not_whole()
    {
        var missing = new Observer();
        Assert.Equal(1, await worker.CodeOfAsync(new RemoteCommand.UploadFile("nothing-here", new MasterTarget.Package()), missing));
        Assert.False(missing.IsWhole);
        Assert.Contains("Cannot open file", missing[OutputStream.Stderr], StringComparison.Ordinal);

        await worker.CodeOfAsync(new RemoteCommand.Shell { Script = "printf 0123456789 > ten" });
        var ten = new Observer();
        Assert.Equal(0, await worker.CodeOfAsync(new RemoteCommand.UploadFile("ten", new MasterTarget.Package()) { MaxBytes = 10 }, ten));
        Assert.True(ten.IsWhole);
        var nine = new Observer();
        Assert.IsType<CommandResult.Refused>(
            await worker.RunAsync(new RemoteCommand.UploadFile("ten", new MasterTarget.Package()) { MaxBytes = 8 }, nine));
        Assert.False(nine.IsWhole);
    }

    [Fact]
    public async Task A_folder_arrives_as_a_tar()
    {
        await worker.CodeOfAsync(new RemoteCommand.Shell { Script = "mkdir -p tree/sub; echo one > tree/a.txt; echo two > tree/sub/b.txt" });
        var observer = new Observer();

        Assert.Equal(0, await worker.CodeOfAsync(
            new RemoteCommand.UploadDirectory("tree", new MasterTarget.Path("/unused")), observer));

        Assert.True(observer.IsWhole);
        using var reader = new TarReader(new MemoryStream(observer.Written.ToArray()));
        var files = new Dictionary<string, string>();
        while (await reader.GetNextEntryAsync() is { } entry)
            if (entry.DataStream is { } data) files.Add(entry.Name, await new StreamReader(data).ReadToEndAsync());
        Assert.Equal(new Dictionary<string, string> { ["a.txt"] = "one\n", ["sub/b.txt"] = "two\n" }, files);
    }

    [Fact]
    public async Task Files_and_folders_are_made_found_copied_and_removed()
    {
        Assert.Equal(0, await worker.CodeOfAsync(new RemoteCommand.MakeDirectory(["d1/deep", "d2"])));
        Assert.Equal(0, await worker.CodeOfAsync(new RemoteCommand.Shell { Script = "echo x > f.txt", WorkingDirectory = "d1" }));
        Assert.Equal(0, await worker.CodeOfAsync(new RemoteCommand.Stat("d1/f.txt")));
        Assert.Equal(2, await worker.CodeOfAsync(new RemoteCommand.Stat("absent")));
        var list = Assert.IsType<CommandResult.Ended>(await worker.RunAsync(new RemoteCommand.ListDirectory("d1")));
        Assert.Equal(["deep", "f.txt"], list.Files.Order(StringComparer.Ordinal));
        var glob = Assert.IsType<CommandResult.Ended>(await worker.RunAsync(new RemoteCommand.Glob("d1/*.txt")));
        Assert.Equal([$"{worker.BaseDirectory}/slot-1/d1/f.txt"], glob.Files);
        Assert.Equal(0, await worker.CodeOfAsync(new RemoteCommand.CopyDirectory("d1", "d3")));
        Assert.Equal(0, await worker.CodeOfAsync(new RemoteCommand.Stat("d3/f.txt")));
        Assert.Equal(0, await worker.CodeOfAsync(new RemoteCommand.RemoveFile("d3/f.txt")));
        Assert.Equal(2, await worker.CodeOfAsync(new RemoteCommand.RemoveFile("d3/f.txt")));
        Assert.Equal(0, await worker.CodeOfAsync(new RemoteCommand.RemoveDirectory(["d1", "d3"])));
        Assert.Equal(2, await worker.CodeOfAsync(new RemoteCommand.Stat("d3")));
    }

    [Fact]
    public async Task A_running_program_is_interrupted()
    {
        using var stop = new CancellationTokenSource();
        var observer = new Observer();

        Task<CommandResult> run = worker.RunAsync(
            new RemoteCommand.Shell { Script = "while true; do echo started; sleep 1; done" }, observer, stop: stop.Token);
        await observer.Spoke.Task.WaitAsync(Farm.Patience);
        await stop.CancelAsync();

        Assert.Equal(-1, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(Farm.Patience)).ExitCode);
        Assert.Contains("command interrupted", observer[OutputStream.Header], StringComparison.Ordinal);
    }
}

/// <summary>Over Perspective Broker.</summary>
public sealed class PerspectiveCommandTests(ConnectedPerspectiveWorker worker)
    : StockWorkerCommandTests(worker), IClassFixture<ConnectedPerspectiveWorker>;

/// <summary>Over MessagePack.</summary>
public sealed class MessagePackCommandTests(ConnectedMessagePackWorker worker)
    : StockWorkerCommandTests(worker), IClassFixture<ConnectedMessagePackWorker>;
