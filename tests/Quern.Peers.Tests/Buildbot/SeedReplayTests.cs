using System.Text;
using System.Text.Json;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Protocols.Buildbot;
using Quern.Testing;
using Xunit;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>A real worker of 3.5.0, replayed: our master asks for commands of the same kinds and understands everything it said.</summary>
public sealed class SeedReplayTests
{
    private static readonly IReadOnlyList<WireValue.Map> Said = Load();

    private static readonly RemoteCommand Shell = new RemoteCommand.Shell { Script = "x" };

    /// <summary>By the id that the command had; what must come of it, and what its observer must have heard.</summary>
    private static readonly (string Id, RemoteCommand Command, CommandResult? Result, string Heard)[] Commands =
    [
        ("2", Shell, new CommandResult.Ended(0), "Header:echo content > up.txt\n"),
        ("0", Shell, new CommandResult.Ended(0), "Stdout:logged\n"),
        ("0", Shell, new CommandResult.Ended(0), "Stdout:half whole\n"),
        ("0", Shell, new CommandResult.Ended(0), "Stderr:err\n"),
        ("4", Shell, new CommandResult.Ended(3), "Header:sh -c 'exit 3'\n"),
        ("5", new RemoteCommand.MakeDirectory(["build/sub/deep"]), new CommandResult.Ended(0), ""),
        ("6", new RemoteCommand.DownloadFile(new MasterSource.File("/x"), "s.txt"), new CommandResult.Ended(0), ""),
        ("8", new RemoteCommand.UploadFile("up.txt", new MasterTarget.Package()), new CommandResult.Ended(0), "Header:sending /srv/farm/worker/runtests/build/up.txt\n"),
        ("9", new RemoteCommand.UploadDirectory("d", new MasterTarget.Path("/x")), new CommandResult.Ended(0), "Header:sending /srv/farm/worker/runtests/build/d\n"),
        ("10", new RemoteCommand.CopyDirectory("build/d", "build/e"), new CommandResult.Ended(0), "build/e/1'\n"),
        ("11", new RemoteCommand.Stat("build/up.txt"), new CommandResult.Ended(0), ""),
        ("14", new RemoteCommand.RemoveFile("build/up.txt"), new CommandResult.Ended(0), ""),
        ("15", new RemoteCommand.Stat("missing"), new CommandResult.Ended(2), "Header:stat: No such file or directory: /srv/farm/worker/runtests/missing"),
        ("16", new RemoteCommand.RemoveDirectory(["build/e"]), new CommandResult.Ended(0), "Header:rm -rf /srv/farm/worker/runtests/build/e\n"),
        ("17", new RemoteCommand.RemoveDirectory(["build/d", "build/sub"]), new CommandResult.Ended(0), "rm -rf /srv/farm/worker/runtests/build/sub\n"),
        ("18", Shell, new CommandResult.Ended(-1), "command timed out: 3 seconds without output"),
        ("19", Shell, new CommandResult.Ended(-1), "command interrupted, attempting to kill\n"),
    ];

    [Fact]
    public async Task Commands_of_a_real_worker_end_as_they_did()
    {
        await using var farm = new TestFarm(new MessagePackOptions { Revisions = [BuildbotRevision.V7, BuildbotRevision.V1] });
        await using SeedWorker worker = await LogInAsync(farm);
        MessagePackLink link = await farm.Gate.NextLinkAsync();

        Assert.Equal(("3.5.0", "/srv/farm/worker", "Farm Admin <admin@example.org>"), (
            link.Description.Version, link.Description.BaseDirectory, link.Description.Admin));
        foreach (var (id, command, result, heard) in Commands)
        {
            var observer = new RecordingObserver();
            Assert.Equal((id, result), (id, await PlayAsync(worker, link, id, command, observer)));
            Assert.Contains(heard, observer.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Names_blocks_and_failures_of_a_real_worker_are_kept()
    {
        await using var farm = new TestFarm(new MessagePackOptions { Revisions = [BuildbotRevision.V7, BuildbotRevision.V1] });
        await using SeedWorker worker = await LogInAsync(farm);
        MessagePackLink link = await farm.Gate.NextLinkAsync();
        var (file, folder) = (new RecordingObserver(), new RecordingObserver());

        var found = (CommandResult.Ended)await PlayAsync(worker, link, "12", new RemoteCommand.Glob("build/*.txt"), new RecordingObserver());
        var listed = (CommandResult.Ended)await PlayAsync(worker, link, "13", new RemoteCommand.ListDirectory("build"), new RecordingObserver());
        await PlayAsync(worker, link, "8", new RemoteCommand.UploadFile("up.txt", new MasterTarget.Package()), file);
        await PlayAsync(worker, link, "9", new RemoteCommand.UploadDirectory("d", new MasterTarget.Path("/x")), folder);
        // Its own master failed at the time stamps, and it said so at the end; it does not ask ours for that.
        CommandResult stamped = await PlayAsync(worker, link, "3", new RemoteCommand.UploadFile("up.txt", new MasterTarget.Package()), new RecordingObserver());

        Assert.Equal(["l.txt", "s.txt", "up.txt"], found.Files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["d", "e", "l.txt", "lnk", "s.txt", "sub", "up.txt"], listed.Files.Order(StringComparer.Ordinal));
        Assert.Equal(("content\n", 1, 1), (Encoding.UTF8.GetString(file.Written), file.Closes, folder.Closes));
        Assert.Equal([0x1f, 0x8b], folder.Written[..2]);
        Assert.Contains("RemoteWorkerError", Assert.IsType<CommandResult.Refused>(stamped).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_a_real_worker_did_not_know_is_refused_in_its_words()
    {
        await using var farm = new TestFarm(new MessagePackOptions { Revisions = [BuildbotRevision.V7, BuildbotRevision.V1] });
        await using SeedWorker worker = await LogInAsync(farm);
        MessagePackLink link = await farm.Gate.NextLinkAsync();
        WireValue.Map refusal = Said.Single(m => m["is_exception"] is not null);

        Task<CommandResult> run = link.RunAsync(Shell, "slot-1", new RecordingObserver(), default);
        await worker.SendAsync(As(refusal, (await worker.ReceiveAsync("start_command"))["seq_number"]!, commandId: null));

        Assert.Equal(new CommandResult.Refused("unrecognized WorkerCommand 'nonsense'"), await run.WaitAsync(TestGate.Patience));
    }

    /// <summary>Logs in with the real worker's own first message and describes itself in its words.</summary>
    private static async Task<SeedWorker> LogInAsync(TestFarm farm)
    {
        SeedWorker worker = await SeedWorker.OpenAsync(farm.EndPoint);
        await worker.SendAsync(Said.Single(m => m["op"] == (WireValue)"auth"));
        Assert.Equal((WireValue)true, (await worker.ReceiveAsync("response"))["result"]);
        await worker.RespondAsync(await worker.ReceiveAsync("print"), WireValue.Nil.Value);
        await worker.SendAsync(As(Said.Single(m => m["result"] is WireValue.Map), (await worker.ReceiveAsync("get_worker_info"))["seq_number"]!, commandId: null));
        await worker.RespondAsync(await worker.ReceiveAsync("set_builder_list"), SeedWorker.List("slot-1", "slot-2"));
        return worker;
    }

    /// <summary>Everything that the worker said of one command, in its order, each answered before the next.</summary>
    private static async Task<CommandResult> PlayAsync(
        SeedWorker worker, MessagePackLink link, string id, RemoteCommand command, RecordingObserver observer)
    {
        Task<CommandResult> run = link.RunAsync(command, "slot-1", observer, default);
        WireValue.Map start = await worker.ReceiveAsync("start_command");
        await worker.RespondAsync(start, WireValue.Nil.Value);
        foreach (WireValue.Map message in Said.Where(m => m["command_id"] == (WireValue)id))
        {
            await worker.SendAsync(As(message, message["seq_number"]!, start["command_id"]));
            WireValue.Map answer = await worker.ReceiveAsync("response");
            Assert.Equal(message["seq_number"], answer["seq_number"]);
            Assert.True(answer["is_exception"] is null, $"{answer["result"]}");
        }

        return await run.WaitAsync(TestGate.Patience);
    }

    private static WireValue.Map As(WireValue.Map message, WireValue number, WireValue? commandId) =>
        new([.. message.Entries.Select(e => e.Key switch
        {
            "seq_number" => KeyValuePair.Create(e.Key, number),
            "command_id" => KeyValuePair.Create(e.Key, commandId!),
            _ => e,
        })]);

    private static List<WireValue.Map> Load()
    {
        var messages = new List<WireValue.Map>();
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", "msgpack-3.5.0", "builds.decoded.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.GetProperty("dir").GetString() != "w2m" || !document.RootElement.TryGetProperty("msg", out _)) continue;
            var reader = new MsgPackReader(Convert.FromHexString(document.RootElement.GetProperty("payload_hex").GetString()!), MsgPackLimits.Default);
            messages.Add((WireValue.Map)reader.ReadValue(depth: 1));
        }

        return messages;
    }
}
